import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Substitution } from '../variables/stack-variables.ts';
import { markVariables, substituteInDocument } from './in-document.ts';
import { type Path, type Position, type Report, toStep, type Written, type WrittenNodes } from './report.ts';
import { syntaxErrorsOf } from './syntax-errors.ts';

type ToPosition = (offset: number) => Position;

/** A file that names an anchor more often than this is an attack on its reader. */
const mostAliases = 100;

type ParseTextOptions = {
  /** Fills `{{name}}`; without it they stay as they are. */
  readonly substitution?: Substitution;
  /** `texts` reads numbers and words such as `true` as what is written. */
  readonly scalars?: 'values' | 'texts';
  /** What an empty file lacks. */
  readonly expected?: string;
};

/**
 * Values of a YAML 1.2 or JSON text (JSON is YAML), and in the report the place of each. What is wrong goes to the
 * report, too; null where that leaves nothing to read.
 */
export const parseText = (
  text: string,
  report: Report,
  { substitution, scalars = 'values', expected = 'a stack with version and containers' }: ParseTextOptions = {},
): { readonly value: unknown } | null => {
  const marked = substitution !== undefined && text.includes('{{') ? markVariables(text) : null;
  const lines = new LineCounter();
  const [document, ...others] = parseAllDocuments(marked?.text ?? text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    schema: scalars === 'values' ? 'core' : 'failsafe',
    // Checked by `checkNodes`: here it would take time quadratic in the keys of a map.
    uniqueKeys: false,
    merge: true,
  });
  const toPosition = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document === undefined || isEmpty(document.contents)) {
    report.problem([], `the file is empty, expected ${expected}`);
    return null;
  }
  // A last "---" begins nothing.
  const second = others.find((other) => !isEmpty(other.contents));
  if (second !== undefined) {
    report.problem([], 'the file holds several YAML documents, expected one', toPosition(second.range[0]));
  }
  for (const error of syntaxErrorsOf(document, marked?.text ?? text)) {
    report.problem([], error.text, toPosition(error.offset));
  }
  if (report.failed) return null;
  const written =
    substitution === undefined || marked === null
      ? new WeakMap()
      : substituteInDocument(document, marked, substitution, report, toPosition);
  report.origin = {
    locate: (path) => {
      const offset = offsetOf(document, path);
      return offset === null ? null : toPosition(offset);
    },
    written: (path) => writtenAt(document, path, written),
    conceal: substitution?.conceal ?? ((message) => message),
  };
  const isSound = checkNodes(document, report, toPosition, written);
  return isSound ? toValue(document, report) : null;
};

const isEmpty = (contents: unknown): boolean =>
  contents === null || (isScalar(contents) && contents.value === null && contents.source === '');

const toValue = (document: Document, report: Report): { readonly value: unknown } | null => {
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }) };
  } catch (error) {
    // What it says of the text is left out, as in syntax errors.
    const aliases = error instanceof ReferenceError;
    report.problem(
      [],
      aliases ? 'aliases that grow without bound' : 'a << that is no map, alias of a map or list of those',
    );
    return null;
  }
};

/** Where the last step of the path stands that the text has: for a field that is missing, its parent. */
const offsetOf = (document: Document, path: Path): number | null => {
  let offset = startOf(document.contents);
  for (const { mark } of stepsOf(document, path)) offset = startOf(mark) ?? offset;
  return offset;
};

/** How the value at the path is written where a variable gave it, or what it is part of; its key, where that lacks a value. */
const writtenAt = (document: Document, path: Path, written: WrittenNodes): Written | null => {
  const toEntry = (node: unknown): Written | undefined => (isNode(node) ? written.get(node) : undefined);
  const steps = stepsOf(document, path);
  const key = steps.length === path.length ? toEntry(steps.at(-1)?.mark) : undefined;
  if (key?.filled === false) return key;
  const nodes = [document.contents, ...steps.map(({ node }) => node)];
  return nodes.map(toEntry).find((entry) => entry !== undefined) ?? null;
};

/** A node on the way, and the one that marks its place: of an entry of a map that is the key. */
type Step = { readonly mark: unknown; readonly node: unknown };

const stepsOf = (document: Document, path: Path): readonly Step[] => {
  const steps: Step[] = [];
  let node: unknown = document.contents;
  for (const name of path) {
    const found = stepInto(isAlias(node) ? node.resolve(document) : node, name, document);
    if (found === null) break;
    steps.push(found);
    node = found.node;
  }
  return steps;
};

const deepestMerge = 10;

const stepInto = (node: unknown, name: string | number, document: Document, depth = 0): Step | null => {
  if (isSeq(node) && typeof name === 'number') {
    const item = node.items[name];
    return item === undefined ? null : { mark: item, node: item };
  }
  if (!isMap(node)) return null;
  const own = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
  if (own !== undefined) return { mark: own.key, node: own.value };
  // A map may merge itself.
  if (depth === deepestMerge) return null;
  const merged = node.items.filter(isMerge).flatMap(({ value }) => mapsOf(value, document));
  return merged.map((map) => stepInto(map, name, document, depth + 1)).find((step) => step !== null) ?? null;
};

/** A map that `<<` names, or those of a list of them. */
const mapsOf = (value: unknown, document: Document): readonly unknown[] => {
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const node = resolve(value);
  return isSeq(node) ? node.items.map(resolve) : [node];
};

const isMerge = (pair: unknown): pair is Pair => isPair(pair) && isScalar(pair.key) && toStep(pair.key.value) === '<<';

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);

/** The parser looks each alias up among all anchors and aliases before it. */
const mostAliasNodes = 1_000;

/**
 * Reports what the parser lets pass or would name without its place: keys given twice in one map, where the last would
 * win silently, keys that are lists or maps, and aliases of nothing. Answers whether there is none of these.
 */
const checkNodes = (document: Document, report: Report, toPosition: ToPosition, written: WrittenNodes): boolean => {
  const anchors = new Set<string>();
  let aliases = 0;
  let isSound = true;
  const refuse = (node: unknown, text: string): void => {
    isSound = false;
    report.problem([], text, placeOf(node, toPosition));
  };
  visit(document, {
    Value: (_, { anchor }) => {
      if (anchor !== undefined) anchors.add(anchor);
    },
    Scalar: (_, scalar) => {
      if (scalar.anchor !== undefined) anchors.add(scalar.anchor);
      if (isOctalLike(scalar)) report.warn([], octalLike, placeOf(scalar, toPosition));
    },
    Map: (_, map) => {
      if (map.anchor !== undefined) anchors.add(map.anchor);
      checkKeys(map, refuse, toPosition, written);
    },
    Alias: (_, alias) => {
      aliases += 1;
      if (aliases > mostAliasNodes) {
        refuse(alias, `more than ${mostAliasNodes} aliases`);
        return visit.BREAK;
      }
      // Without its name: an unquoted secret that begins with * reads as an alias.
      if (!anchors.has(alias.source)) {
        refuse(alias, 'an alias of an anchor that is not there: put text that begins with * in quotes');
      }
      return undefined;
    },
  });
  return isSound;
};

const checkKeys = (
  map: YAMLMap,
  refuse: (node: unknown, text: string) => void,
  toPosition: ToPosition,
  written: WrittenNodes,
): void => {
  const first = new Map<string, number>();
  for (const { key } of map.items) {
    // What a variable has put here has no place of its own, and no keys twice.
    if (isNode(key) && !key.range) continue;
    if (!isScalar(key)) {
      refuse(key, `got a list, a map or an alias as a key, expected a word${braceHint(map)}`);
      continue;
    }
    const name = toStep(key.value);
    const line = first.get(name);
    if (line === undefined) first.set(name, placeOf(key, toPosition).line);
    else {
      const shown = written.get(key)?.template ?? name;
      refuse(key, `the key ${JSON.stringify(shown)} is given twice, first in line ${line}`);
    }
  }
};

/** `{{ Name }}` without quotes is a map with a map for its key. */
const braceHint = ({ flow, items }: YAMLMap): string =>
  flow && items.length === 1 && items[0]?.value === null
    ? ': a stack variable is {{name}}, of a-z, 0-9 and hyphens without blanks; other text with {{ goes in quotes'
    : '';

const isOctalLike = ({ value, source }: Scalar): boolean =>
  (typeof value === 'number' || typeof value === 'bigint') && /^[-+]?0\d+$/.test(source ?? '');

/** Without the number, which may be a secret. */
const octalLike =
  'a number with a leading zero, which some YAML readers take for octal: write it without, or put it in quotes';

const placeOf = (node: unknown, toPosition: ToPosition): Position => toPosition((isNode(node) && node.range?.[0]) || 0);
