import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { toMessage } from '../../errors.ts';
import { reportKeys } from './check-keys.ts';
import type { Path } from './path.ts';
import type { Locate, Position, Report } from './report.ts';

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
    // Checked by `reportKeys`: here it would take time quadratic in the keys of a map.
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
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    report.problem([], describeSyntax(message), toPosition(pos[0]));
  }
  if (report.failed) return { value: null, locate: () => null };
  const locate: Locate = (path) => {
    const offset = offsetOf(document, path);
    return offset === null ? null : toPosition(offset);
  };
  reportKeys(document, report, toPosition);
  return { value: toValue(document, report), locate };
};

/** Ends before the text that the parser quotes: that may be a secret. */
const describeSyntax = (message: string): string => {
  const [reason = message] = message.split(/:? ["`']|: /);
  return `not valid YAML: ${reason}`;
};

const toValue = (document: Document, report: Report): unknown => {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    report.problem([], `not usable YAML: ${toMessage(error)}`);
    return null;
  }
};

/** Where the last step of the path stands that the text has: for a field that is missing, its parent. */
const offsetOf = (document: Document, path: Path): number | null => {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const found: { readonly mark: unknown; readonly node: unknown } | null = stepInto(node, step);
    if (found === null) return offset;
    offset = startOf(found.mark) ?? offset;
    node = found.node;
  }
  return offset;
};

const stepInto = (node: unknown, step: string | number): { mark: unknown; node: unknown } | null => {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? null : { mark: item, node: item };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  return pair === undefined ? null : { mark: pair.key, node: pair.value };
};

const startOf = (node: unknown): number | null => (isNode(node) ? ((node as Node).range?.[0] ?? null) : null);
