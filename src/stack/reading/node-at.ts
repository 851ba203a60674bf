import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Pair } from 'yaml';
import type { Path, Written } from './report.ts';

/** What stack variables have made of nodes: those without an entry are as the file has them. */
export type WrittenNodes = WeakMap<object, Written>;

/** Where the last step of the path stands that the text has: for a field that is missing, its parent. */
export const offsetOf = (document: Document, path: Path): number | null => {
  let offset = startOf(document.contents);
  for (const { mark } of stepsOf(document, path)) offset = startOf(mark) ?? offset;
  return offset;
};

/** How the value at the path is written where a variable gave it, or what it is part of. */
export const writtenAt = (document: Document, path: Path, written: WrittenNodes): Written | null => {
  const nodes = [document.contents, ...stepsOf(document, path).map(({ node }) => node)];
  return (
    nodes.map((node) => (isNode(node) ? written.get(node) : undefined)).find((entry) => entry !== undefined) ?? null
  );
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

const isMerge = (pair: unknown): pair is Pair => isPair(pair) && isScalar(pair.key) && keyName(pair.key.value) === '<<';

/** The parser has a symbol for the key `<<`. */
export const keyName = (key: unknown): string => (typeof key === 'symbol' ? (key.description ?? '') : String(key));

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);
