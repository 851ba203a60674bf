import { posix } from 'node:path';
import { type GlobPart, matchesGlob } from './glob.ts';

/** Which rules match a folder, by their order: below it they match as well. */
export type Matches = readonly boolean[];

/** What a `.dockerignore` file says, as docker reads it (moby/patternmatcher): case counts, the last rule that matches decides. */
export type IgnoreRules = {
  /** @throws BadPattern where a rule has to be asked that docker cannot ask either */
  judge(path: string, folder: Matches | null): { readonly ignored: boolean; readonly matches: Matches };
  /**
   * What an ignored folder may hold that an exception wants. `nothing` where it need not be looked into; docker's two
   * builders differ in whether an exception with wildcards, such as `!**\/*.md`, reaches into ignored folders.
   */
  below(folder: string): 'nothing' | 'something' | 'perhaps';
};

type Rule = { readonly exception: boolean; readonly pattern: string; readonly matches: (path: string) => boolean };

/** A pattern that docker refuses, too, or one of the few that mean nothing in a path. */
export class BadPattern extends Error {}

/**
 * @param literalExceptions whether exceptions reach into an ignored folder only where they spell its path, as in the classic builder
 * @throws BadPattern
 */
export const parseIgnoreRules = (text: string, literalExceptions: boolean): IgnoreRules => {
  const rules = toPatterns(text).map(toRule);
  const exceptions = rules.filter(({ exception }) => exception).map(({ pattern }) => pattern);
  // BuildKit takes the same short way where no exception has a wildcard but at its end.
  const stems = exceptions.map((pattern) =>
    literalExceptions ? pattern : pattern.replace(/\/\*\*$/, '').replace(/\/\*$/, ''),
  );
  const isLiteral = literalExceptions || stems.every((stem) => !/[*?[\\^]/.test(stem));
  return {
    judge: (path, folder) => judge(rules, path, folder),
    below: (folder) => {
      if (isLiteral) return stems.some((stem) => `${stem}/`.startsWith(`${folder}/`)) ? 'something' : 'nothing';
      return 'perhaps';
    },
  };
};

const judge = (rules: readonly Rule[], path: string, folder: Matches | null): ReturnType<IgnoreRules['judge']> => {
  let ignored = false;
  const matches = rules.map((rule, index) => {
    // Only a rule that would change the verdict is asked, unless its answer is known from the folder.
    const match = folder?.[index] === true || (rule.exception === ignored && rule.matches(path));
    if (match) ignored = !rule.exception;
    return match;
  });
  return { ignored, matches };
};

/** The lines that are rules, their paths made relative and plain. */
const toPatterns = (text: string): readonly string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const exception = line.startsWith('!');
      const path = clean(exception ? line.slice(1).trim() : line);
      return `${exception ? '!' : ''}${path.length > 1 && path.startsWith('/') ? path.slice(1) : path}`;
    });

const clean = (path: string): string => (path === '' ? '' : posix.normalize(path).replace(/(?<=.)\/+$/, ''));

const toRule = (line: string): Rule => {
  const exception = line.startsWith('!');
  const pattern = exception ? line.slice(1) : line;
  if (exception && /^\/?$/.test(pattern)) throw new BadPattern('"!" excepts nothing');
  checkBeginning(pattern);
  let matcher: Rule['matches'] | null = null;
  const matches = (path: string): boolean => {
    matcher ??= toMatcher(pattern);
    return matcher(path);
  };
  return { exception, pattern, matches };
};

/** A chunk, which ends before the next star; and one that is well-formed. */
const chunk = /^(?:\\[\s\S]?|\[(?:\\[\s\S]?|[^\]\\])*\]?|[^*[\\])*/u;
const soundChunk = /^(?:\[(?:\^|(?!\^))(?:(?:\\[\s\S]|[^\]\\-])(?:-(?:\\[\s\S]|[^\]\\-]))?)+\]|\\[\s\S]|[^[\\])*$/u;

/**
 * What docker looks at beforehand: a pattern as far as Go's `filepath.Match` goes through it with the path ".". The rest
 * it compiles when the rule is asked for the first time, which an exception may never be.
 */
const checkBeginning = (pattern: string): void => {
  const [first, rest] = takeChunk(pattern);
  const [second] = takeChunk(rest);
  if (!soundChunk.test(first)) refuse(pattern);
  if (rest !== '' && isDot(first) && !soundChunk.test(second)) refuse(pattern);
};

const takeChunk = (pattern: string): readonly [chunk: string, rest: string] => {
  const from = pattern.replace(/^\*+/, '');
  const [found = ''] = chunk.exec(from) ?? [];
  return [found, from.slice(found.length)];
};

const isDot = (text: string): boolean => {
  try {
    const [part, ...more] = toParts(text);
    return typeof part === 'function' && part('.') && more.length === 0;
  } catch {
    return false;
  }
};

/** A pattern by its kind, as docker divides them: the kinds differ at the edges, where `**foo` also ends `xfoo`. */
const toMatcher = (pattern: string): Rule['matches'] => {
  // In any case, for docker refuses a syntax error in any kind.
  const parts = toParts(pattern);
  if (pattern.startsWith('**') && isPlain(pattern.slice(2))) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1));
  }
  if (pattern.endsWith('**') && isPlain(pattern.slice(0, -2))) return (path) => path.startsWith(pattern.slice(0, -2));
  return isPlain(pattern) ? (path) => path === pattern : (path) => matchesGlob(parts, path);
};

const isPlain = (text: string): boolean => !/[*?[\]\\]/.test(text);

const toParts = (pattern: string): readonly GlobPart[] => {
  const token = /\*\*\/?|[*?]|\[((?:\\.|[^\]\\])+)\]|\\(.)|[\s\S]/gu;
  return [...pattern.matchAll(token)].flatMap(([found, inside, escaped], index, { length }) => {
    const among = escaped === undefined ? inside : `\\${escaped}`;
    if (among === undefined) return toPart(found, index === length - 1) ?? refuse(pattern);
    return toClass(among) ?? refuse(pattern);
  });
};

/** What stands for itself or repeats; null for a bracket that stays open. */
const toPart = (found: string, isLast: boolean): GlobPart | readonly GlobPart[] | null => {
  // Docker takes `**/` for `**`.
  if (found.startsWith('**')) return isLast ? 'rest' : 'folders';
  if (found === '*') return 'within';
  if (found === '?') return (character) => character !== '/';
  if (found === '[') return null;
  // At its end docker puts a dollar, which a backslash before it makes one to be found, with anything behind it.
  if (found === '\\') return [(character) => character === '$', 'rest'];
  return (character) => character === found;
};

/** The inside of a class such as `[^a-z]`; null where it is none. */
const toClass = (inside: string): ((character: string) => boolean) | null => {
  if (/^\^?(-|$)|(?<!\\)-$/.test(inside)) return null;
  try {
    const one = new RegExp(`^[${inside.replace(/\\(.)/gu, (_all, escaped: string) => toMeant(escaped))}]$`, 'u');
    return (character) => one.test(character);
  } catch {
    return null;
  }
};

/** What letters mean behind a backslash, in Go's regular expressions, which docker makes of patterns. */
const meant: Readonly<Record<string, string>> = {
  ...{ a: '\\x07', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' },
  ...{ d: '\\d', D: '\\D', w: '0-9A-Za-z_', W: '\\0-/:-@[-^`{-\\u{10ffff}' },
  ...{ s: '\\t\\n\\f\\r ', S: '\\0-\\x08\\x0b\\x0e-\\x1f!-\\u{10ffff}' },
};

/** @throws Error for others: what Go refuses, and what says nothing of a path, such as `\\b` or `\\Q` */
const toMeant = (escaped: string): string => {
  const found = Object.hasOwn(meant, escaped) ? meant[escaped] : undefined;
  if (found !== undefined) return found;
  if (/[^\0-\x7f]|[0-9A-Za-z]/u.test(escaped)) throw new Error(`there is no \\${escaped}`);
  return quote(escaped);
};

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const refuse = (pattern: string): never => {
  throw new BadPattern(`the pattern ${JSON.stringify(pattern)} has a syntax error`);
};
