import { posix } from 'node:path';
import { type GlobPart, matchesGlob } from './glob.ts';

/** Which rules match a folder, by their order: below it they match as well. */
export type Matches = readonly boolean[];

/** What a `.dockerignore` file says, as docker reads it (moby/patternmatcher): case counts, the last rule that matches decides. */
export type IgnoreRules = {
  judge(path: string, folder: Matches | null): { readonly ignored: boolean; readonly matches: Matches };
  /**
   * What an ignored folder may hold that an exception wants. `nothing` where it need not be looked into; docker's two
   * builders differ in whether an exception with wildcards, such as `!**\/*.md`, reaches into ignored folders.
   */
  below(folder: string): 'nothing' | 'something' | 'perhaps';
};

type Rule = { readonly exception: boolean; readonly pattern: string; readonly matches: (path: string) => boolean };

/** A pattern that docker refuses, too. */
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
  return { exception, pattern, matches: toMatcher(pattern) };
};

/** A pattern by its kind, as docker tells them apart: the kinds differ at the edges, where `**foo` also ends `xfoo`. */
const toMatcher = (pattern: string): Rule['matches'] => {
  // Compiled in any case, for docker refuses a syntax error in any kind.
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
  return [...pattern.matchAll(token)].map(([found, inside, escaped], index, { length }) => {
    if (inside !== undefined) return toClass(inside) ?? refuse(pattern);
    if (escaped === undefined && /^[[\\]/.test(found)) return refuse(pattern);
    // Docker takes `**/` for `**`.
    if (found.startsWith('**')) return index === length - 1 ? 'rest' : 'folders';
    if (found === '*') return 'within';
    if (found === '?') return (character) => character !== '/';
    return (character) => character === (escaped ?? found);
  });
};

/** A class such as `[^a-z]`; null where it names nothing, or a range lacks an end or is the wrong way round. */
const toClass = (inside: string): ((character: string) => boolean) | null => {
  if (/^\^?(-|$)|(?<!\\)-$/.test(inside)) return null;
  try {
    const one = new RegExp(`^[${inside.replace(/\\(.)/gu, (_all, escaped: string) => quote(escaped))}]$`, 'u');
    return (character) => one.test(character);
  } catch {
    return null;
  }
};

const quote = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const refuse = (pattern: string): never => {
  throw new BadPattern(`the pattern ${JSON.stringify(pattern)} has a syntax error`);
};
