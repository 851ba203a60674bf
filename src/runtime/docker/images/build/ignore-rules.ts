import { posix } from 'node:path';
import { RE2JS } from 're2js';
import { lazily } from '../../../../shared/async.ts';

/** Why a build context cannot be sent; both parts are for the user. */
export class ContextProblem extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** Which rules match a folder, by their order: below it they match as well. */
export type Matches = readonly boolean[];

/** What a `.dockerignore` file says, as docker reads it (moby/patternmatcher): case counts, the last rule that matches decides. */
export type IgnoreRules = {
  /** @throws ContextProblem where a rule has to be asked that docker cannot ask either */
  judge(path: string, folder: Matches | null): { readonly ignored: boolean; readonly matches: Matches };
  /**
   * What an ignored folder may hold that an exception wants. `nothing` where it need not be looked into; docker's two
   * builders differ in whether an exception with wildcards, such as `!**\/*.md`, reaches into ignored folders.
   */
  below(folder: string): 'nothing' | 'something' | 'perhaps';
};

type Rule = { readonly exception: boolean; readonly pattern: string; readonly matches: (path: string) => boolean };

/**
 * @param literalExceptions whether exceptions reach into an ignored folder only where they spell its path, as in the classic builder
 * @throws ContextProblem for a pattern that docker refuses, too
 */
export const parseIgnoreRules = (text: string, literalExceptions: boolean): IgnoreRules => {
  const rules = toLines(text).map(toRule);
  const exceptions = rules.filter(({ exception }) => exception).map(({ pattern }) => pattern);
  // BuildKit takes the same short way where no exception has a wildcard but at its end.
  const stems = exceptions.map((pattern) =>
    literalExceptions ? pattern : pattern.replace(/\/\*\*$/, '').replace(/\/\*$/, ''),
  );
  const isLiteral = literalExceptions || stems.every((stem) => !/[*?[\\^]/.test(stem));
  return {
    judge: (path, folder) => judge(rules, path, folder),
    below: (folder) => {
      if (!isLiteral) return 'perhaps';
      return stems.some((stem) => `${stem}/`.startsWith(`${folder}/`)) ? 'something' : 'nothing';
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

const toLines = (text: string): readonly string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '');

const clean = (path: string): string =>
  path === ''
    ? ''
    : posix
        .normalize(path)
        .replace(/(?<=.)\/+$/, '')
        .replace(/^\/(?=.)/, '');

const toRule = (line: string): Rule => {
  const exception = line.startsWith('!');
  const pattern = clean(exception ? line.slice(1).trim() : line);
  if (exception && /^\/?$/.test(pattern)) throw toProblem('"!" excepts nothing');
  checkBeginning(pattern);
  const matcher = lazily(() => toMatcher(pattern));
  return { exception, pattern, matches: (path) => matcher()(path) };
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
    return toRegExp(text).test('.');
  } catch {
    return false;
  }
};

/** A pattern by its kind, as docker divides them: the kinds differ at the edges, where `**foo` also ends `xfoo`. */
const toMatcher = (pattern: string): Rule['matches'] => {
  if (pattern.startsWith('**') && isPlain(pattern.slice(2))) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith('/') && path === end.slice(1));
  }
  if (pattern.endsWith('**') && isPlain(pattern.slice(0, -2))) return (path) => path.startsWith(pattern.slice(0, -2));
  if (isPlain(pattern)) return (path) => path === pattern;
  const compiled = toRegExp(pattern);
  return (path) => compiled.test(path);
};

const isPlain = (text: string): boolean => !/[*?[\]\\]/.test(text);

/**
 * Docker makes Go's regular expressions of patterns. JavaScript's know other escapes, and take for ever where a pattern
 * has many repetitions.
 */
const toRegExp = (pattern: string): RE2JS => {
  const translated = pattern.replace(/\*\*\/?|[*?]|\\[\s\S]?|[.+()|{}$]/gu, (token, at: number) => {
    // Docker takes `**/` for `**`.
    if (token.startsWith('**')) return at + token.length === pattern.length ? '.*' : '(.*/)?';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    return token.startsWith('\\') ? token : `\\${token}`;
  });
  try {
    return RE2JS.compile(`^${translated}$`);
  } catch {
    return refuse(pattern);
  }
};

const toProblem = (reason: string): ContextProblem =>
  new ContextProblem(`in .dockerignore, ${reason}`, 'Correct .dockerignore');

const refuse = (pattern: string): never => {
  throw toProblem(`the pattern ${JSON.stringify(pattern)} has a syntax error`);
};
