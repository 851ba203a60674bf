import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { checkNodes } from './check-nodes.ts';
import type { Path } from './path.ts';
import type { Locate, Position, Report } from './report.ts';
import { describeSyntaxError } from './syntax-error.ts';

export type ParsedText = { readonly value: unknown; readonly locate: Locate };

/** A file that names an anchor more often than this is an attack on whoever reads it. */
const mostAliases = 100;

/** Values of a YAML 1.2 or JSON text (JSON is YAML) with the place of each. Whatever is wrong goes to the report. */
export const parseText = (text: string, report: Report): ParsedText => {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    // Checked by `checkNodes`: here it would take time quadratic in the keys of a map.
    uniqueKeys: false,
    merge: true,
  });
  const toPosition = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [document] = documents;
  if (document === undefined || document.contents === null) {
    report.problem([], 'the file is empty, expected a stack with version and containers');
    return { value: null, locate: () => null };
  }
  if (documents.length > 1) {
    report.problem([], 'the file holds several YAML documents, expected one', toPosition(documents[1]?.range[0] ?? 0));
  }
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    report.problem([], describeSyntaxError(code), toPosition(pos[0]));
  }
  if (report.failed) return { value: null, locate: () => null };
  const locate: Locate = (path) => {
    const offset = offsetOf(document, path);
    return offset === null ? null : toPosition(offset);
  };
  checkNodes(document, report, toPosition);
  return { value: report.failed ? null : toValue(document, report), locate };
};

const toValue = (document: Document, report: Report): unknown => {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
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
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const found = stepInto(node, step);
    if (found === null) return offset;
    offset = startOf(found.mark) ?? offset;
    node = found.node;
  }
  return offset;
};

/** The node below, and the one that marks its place: of an entry of a map that is the key. */
const stepInto = (node: unknown, step: string | number): { readonly mark: unknown; readonly node: unknown } | null => {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? null : { mark: item, node: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  return pair === undefined ? null : { mark: pair.key, node: pair.value };
};

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);
