import { type Document, type ErrorCode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { Substitution } from '../variables/stack-variables.ts';
import { markVariables, substituteInDocument } from './in-document.ts';
import { checkNodes, offsetOf, writtenAt } from './nodes.ts';
import type { Position, Report } from './report.ts';

/**
 * What is wrong with a YAML text, in our own words: the parser's messages quote the text, and the text holds secrets.
 * A code without words here is one that the options in use rule out.
 */
const words: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias can have no anchor or tag',
  BAD_ALIAS: 'an alias or anchor without a usable name: put text that begins with * or & in quotes',
  BAD_COLLECTION_TYPE: 'a tag that does not fit its list or map',
  BAD_DIRECTIVE: 'a directive that cannot be understood: put text that begins with % in quotes',
  BAD_DQ_ESCAPE: 'an escape that double quotes do not know: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_PROP_ORDER: 'an anchor or tag in the wrong place',
  BAD_SCALAR_START: 'text begins with a character that YAML reserves: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second "key:" in one line: check the indentation, or put text with a colon in quotes',
  BLOCK_IN_FLOW: 'an indented list or map inside brackets',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'something is missing here: a closing quote or bracket, a comma, a colon or a blank',
  MULTILINE_IMPLICIT_KEY: 'a key over several lines: a colon is missing, or the indentation is wrong',
  MULTIPLE_ANCHORS: 'two anchors for one value',
  MULTIPLE_TAGS: 'two tags for one value',
  RESOURCE_EXHAUSTION: 'lists or maps nested too deep',
  TAB_AS_INDENT: 'a tab as indentation: use blanks',
  TAG_RESOLVE_FAILED: 'a tag that is not known: put text that begins with ! in quotes',
  UNEXPECTED_TOKEN:
    'something that YAML does not expect here: check indentation, brackets and quotes; inside brackets, text with any of {}[], needs quotes',
};

const describeSyntaxError = (code: ErrorCode): string => `not valid YAML: ${words[code] ?? 'check it here'}`;

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
