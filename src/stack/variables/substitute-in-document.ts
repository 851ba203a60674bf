import { type Document, isPair, isScalar, isSeq, type Node, type Pair, Scalar, visit, YAMLMap, YAMLSeq } from 'yaml';
import { keyName, type WrittenNodes } from '../reading/node-at.ts';
import type { Path, Position, Report } from '../reading/report.ts';
import type { Marked } from './mark.ts';
import { describeMissing, type Substitution } from './substitution.ts';
import { readEntries, readItems, readValue } from './value-syntax.ts';
import { isPlaceholder } from './variable-name.ts';

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
    if (isPair(node)) return isScalar(node.key) ? [marked.unmark(keyName(node.key.value))] : [];
    return isSeq(node) ? [node.items.indexOf(ancestors[index + 1] ?? scalar)] : [];
  });
