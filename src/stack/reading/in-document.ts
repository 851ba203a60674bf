import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml';
import { describeMissing, isPlaceholder, placeholders, type Substitution } from '../variables/stack-variables.ts';
import { type Path, type Position, type Report, toStep, type WrittenNodes } from './report.ts';

type Marked = {
  /** As long as the text it was made from, each character where it was. */
  readonly text: string;
  readonly has: (part: string) => boolean;
  readonly unmark: (part: string) => string;
  /** The variables that stand in the text from one offset to another. */
  readonly between: (from: number, to: number) => readonly { readonly name: string; readonly offset: number }[];
};

/**
 * Writes `{{name}}` with other characters in place of its braces, which YAML would read as maps. So a text is parsed before
 * its variables are known: places stay those of the file, and no value can end a string or a comment that it stands in.
 */
export const markVariables = (text: string): Marked => {
  const [open, close] = freeCharacters(text);
  const ends = new RegExp(`${open}${open}|${close}${close}`, 'g');
  return {
    text: text.replaceAll(placeholders, (placeholder) => open + open + placeholder.slice(2, -2) + close + close),
    has: (part) => part.includes(open + open),
    unmark: (part) => part.replaceAll(ends, (end) => (end[0] === open ? '{{' : '}}')),
    between: (from, to) =>
      [...text.slice(from, to).matchAll(placeholders)].map(({ index, 1: name = '' }) => ({
        name,
        offset: from + index,
      })),
  };
};

/** Two characters for private use that the text does not have: no YAML reader gives them a meaning. */
const freeCharacters = (text: string): readonly [string, string] => {
  const taken = new Set(text);
  const free: string[] = [];
  for (let code = 0xe000; free.length < 2 && code <= 0xf8ff; code += 1) {
    const character = String.fromCharCode(code);
    if (!taken.has(character)) free.push(character);
  }
  const [open = '\uE000', close = '\uE001'] = free;
  return [open, close];
};

/** As for the stack itself. */
const mostAliases = 100;

/**
 * What a variable's value is where it stands alone and without quotes: a number, `true`, `false`, `null`, a list or a map as
 * YAML or JSON have them. All else is text, to its last character: no `#` begins a comment, and lines stay lines.
 */
const readValue = (text: string): unknown => {
  if (text.trim() === '') return null;
  const document = parse(text);
  if (document === null || isAlias(document.contents)) return text;
  const { contents } = document;
  if (isScalar(contents) && contents.type === Scalar.PLAIN) return contents.source === text ? contents.value : text;
  return contents === null ? text : toValue(document, text);
};

/** Items of a list that is written around the value, where it is not exactly one. */
const readItems = (text: string): readonly unknown[] | null => {
  const document = parse(`[${text}]`);
  return isSeq(document?.contents) && document.contents.items.length !== 1
    ? (toValue(document, null) as readonly unknown[] | null)
    : null;
};

/** Entries of a map that is written around the value. */
const readEntries = (text: string): object | null => {
  const document = parse(`{${text}}`);
  const isEntries = isMap(document?.contents) && document.contents.items.every(({ value }) => value !== null);
  return isEntries && document !== null ? (toValue(document, null) as object | null) : null;
};

const parse = (text: string): Document | null => {
  // YAML would read `{{name}}` as maps, and a value is not looked through for variables.
  if (text.includes('{{') && !isJson(text)) return null;
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', merge: true });
  return document.errors.length + document.warnings.length > 0 ? null : document;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const toValue = <Otherwise>(document: Document, otherwise: Otherwise): unknown => {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch {
    return otherwise;
  }
};

/**
 * Puts values in the place of variables, and answers what was written there. In quotes, in blocks and within longer
 * text a value is text, with any characters; alone and without quotes it is read as YAML (documented: a value is
 * injected as it is defined). Comments name no variables. Those without a value are reported, each where it stands.
 */
export const substituteInDocument = (
  document: Document,
  marked: Marked,
  substitution: Substitution,
  report: Report,
  toPosition: (offset: number) => Position,
): WrittenNodes => {
  const written: WrittenNodes = new WeakMap();
  /** Null where a variable has no value, which is then reported. */
  const fill = (scalar: Scalar<string>, template: string, ancestors: Ancestors): string | null => {
    const filled = substitution.fill(template);
    written.set(scalar, { template, filled: 'text' in filled });
    if ('text' in filled) return filled.text;
    const [from, to] = scalar.range ?? [0, 0];
    for (const { name, offset } of marked.between(from, to)) {
      if (!filled.missing.includes(name)) continue;
      report.problem(pathOf(scalar, ancestors, marked), describeMissing(name), toPosition(offset));
    }
    return null;
  };
  /** The template of a scalar that names variables, else null. */
  const templateOf = (node: unknown): string | null =>
    isScalar(node) && typeof node.value === 'string' && marked.has(node.value) ? marked.unmark(node.value) : null;
  const toNodes = (values: readonly unknown[], template: string): readonly Node[] =>
    values.map((value) => {
      const node = document.createNode(value);
      written.set(node, { template, filled: true });
      return node;
    });
  const placePlain = (
    key: number | 'value' | null,
    scalar: Scalar,
    parent: unknown,
    template: string,
    text: string,
  ): Node | number | undefined => {
    const value = readValue(text);
    if (!isPlaceholder(template)) {
      scalar.value = isTree(value) ? text : value;
      return undefined;
    }
    const items = itemsFor(parent, text);
    if (items !== null) {
      items.list.splice(Number(key), 1, ...toNodes(items.values, template));
      return items.values.length === 0 ? Number(key) : undefined;
    }
    if (isTree(value)) return toNodes([value], template)[0];
    scalar.value = value;
    return undefined;
  };
  visit(document, {
    // `{ {{entries}} }`
    Pair: (index, pair, ancestors) => {
      const template = templateOf(pair.key);
      const map = ancestors.at(-1);
      if (template === null || !(map instanceof YAMLMap) || !isLoneEntry(map, pair, template)) return undefined;
      const filled = substitution.fill(template);
      const entries = 'text' in filled ? readEntries(filled.text) : null;
      if (entries === null) return undefined;
      const pairs = Object.entries(entries).map(([key, value]) => {
        const [keyNode, valueNode] = toNodes([key, value], template);
        return document.createPair(keyNode, valueNode);
      });
      map.items.splice(Number(index), 1, ...pairs);
      return pairs.length === 0 ? Number(index) : undefined;
    },
    Scalar: (key, scalar, ancestors) => {
      const template = templateOf(scalar);
      if (template === null) return undefined;
      const text = fill(scalar as Scalar<string>, template, ancestors);
      if (text !== null && scalar.type === Scalar.PLAIN && key !== 'key') {
        return placePlain(key, scalar, ancestors.at(-1), template, text);
      }
      scalar.value = text ?? (key === 'key' ? template : null);
      return undefined;
    },
  });
  return written;
};

/** An entry without a value inside braces, that is one variable without quotes. */
const isLoneEntry = (map: YAMLMap, { key, value }: Pair, template: string): boolean =>
  map.flow === true && value === null && isScalar(key) && key.type === Scalar.PLAIN && isPlaceholder(template);

const isTree = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** `[{{items}}]`: the list, and what stands in it where that is not one value. */
const itemsFor = (parent: unknown, text: string) => {
  const values = parent instanceof YAMLSeq && parent.flow ? readItems(text) : null;
  return values === null ? null : { list: (parent as YAMLSeq).items, values };
};

type Ancestors = readonly (Document | Node | Pair)[];

const pathOf = (scalar: Scalar, ancestors: Ancestors, marked: Marked): Path =>
  ancestors.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return isScalar(node.key) ? [marked.unmark(toStep(node.key.value))] : [];
    return isSeq(node) ? [node.items.indexOf(ancestors[index + 1] ?? scalar)] : [];
  });
