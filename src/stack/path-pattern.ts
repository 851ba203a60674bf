import { createRequire } from 'node:module';
import { lazily } from '../shared/async.ts';
import { toMessage } from '../shared/errors.ts';
import { type Parsed, type Reader, text } from './reading/fields.ts';

/** Which paths of a request are meant. */
export type PathPattern = {
  /** What the pattern and its groups have found in the path, the whole first; null where it does not fit. */
  match(path: string): readonly string[] | null;
};

/** Loaded by the first stack that has an expression: most have none. */
const loadEngine = lazily(() => createRequire(import.meta.url)('re2js') as typeof import('re2js'));

const longestPattern = 1_000;

/** What common servers take. Longer paths fit no expression: each character costs time in which no other request is served. */
const longestPath = 8_192;

/** An expression's cost for each character of a path; what takes longer would hold up every other request. */
const largestProgram = 1_000;

const expected = 'a path that begins with a slash, or a regular expression in the syntax of RE2';

/**
 * A path to match: one that begins with a slash fits every path that begins with it; all else is a regular expression, which
 * may fit anywhere in the path (documented; that it may fit anywhere, and the syntax, are inferred: the platform is written
 * in Go).
 */
export const parsePathPattern = (text: string): Parsed<string> => {
  if (text === '' || text.length > longestPattern) {
    return { ok: false, expected: `${expected}, of at most ${longestPattern} characters` };
  }
  if (text.startsWith('/')) return { ok: true, value: text };
  try {
    return compile(text).programSize() <= largestProgram
      ? { ok: true, value: text }
      : { ok: false, expected: 'a simpler regular expression: with fewer or smaller repetitions' };
  } catch (error) {
    return { ok: false, expected: `${expected} (${toMessage(error).replace('error parsing regexp: ', '')})` };
  }
};

/** What paths hardly have, or never; after a slash it stands for itself all the same. */
const meantAsExpression = /[*?()[\]|\\^]|\$$/;

/** Warns where a pattern that begins with a slash looks like an expression: it would fit nothing, without a word. */
export const readPathPattern: Reader<string> = (at) => {
  const pattern = text(parsePathPattern)(at);
  const [sign] = (pattern?.startsWith('/') && meantAsExpression.exec(pattern)) || [];
  if (pattern !== null && sign !== undefined) {
    const plain = pattern.slice(0, pattern.search(meantAsExpression));
    at.warn(
      `${sign} stands for itself where a pattern begins with a slash: write what paths begin with, such as "${plain}", or an expression, such as "^${plain}.*$"`,
    );
  }
  return pattern;
};

const compile = (text: string) => loadEngine().RE2JS.compile(text);

/** Takes time that is linear in the path, for any expression: the engine does not backtrack. */
export const compilePathPattern = (text: string): PathPattern => {
  if (text.startsWith('/')) return { match: (path) => (path.startsWith(text) ? [text] : null) };
  const expression = compile(text);
  return {
    match: (path) => {
      if (path.length > longestPath) return null;
      const matcher = expression.matcher(path);
      if (!matcher.find()) return null;
      return Array.from({ length: 1 + matcher.groupCount() }, (_, group) => matcher.group(group) ?? '');
    },
  };
};
