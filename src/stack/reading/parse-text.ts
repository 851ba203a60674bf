import { type Document, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { markVariables } from '../variables/mark.ts';
import { substituteInDocument } from '../variables/substitute-in-document.ts';
import type { Substitution } from '../variables/substitution.ts';
import { checkNodes } from './check-nodes.ts';
import { offsetOf, writtenAt } from './node-at.ts';
import type { Position, Report } from './report.ts';
import { describeSyntaxError } from './syntax-error.ts';

/** A file that names an anchor more often than this is an attack on its reader. */
const mostAliases = 100;

export type ParseTextOptions = {
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
  const marked = substitution === undefined ? null : markVariables(text);
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
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    report.problem([], describeSyntaxError(code), toPosition(pos[0]));
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
