import { parse } from 'yaml';
import type { Setting } from '../../../contract-tests/kit/option-specs.ts';
import { hintAt, type Problem, refuse, toProblemError } from '../../../contract-tests/kit/problems.ts';
import { isRecord } from '../../../contract-tests/model/json.ts';
import { toMessage } from '../../shared/errors.ts';
import { environmentNameOf, settings } from './table.ts';

type SettingValue = string | number | boolean | readonly string[];

/** The given settings by name, and the source of each. */
export type Configuration = {
  readonly values: Readonly<Record<string, SettingValue>>;
  readonly sources: Readonly<Record<string, string>>;
};

export type Given = {
  /** By setting name, as the command line has them: unset ones are missing. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of the settings file, and its name for messages. */
  readonly file?: { readonly path: string; readonly text: string };
};

/** A value that is none. */
class BadValue extends Error {
  readonly problem: Problem;

  constructor(reason: string, advice: string) {
    super(reason);
    this.problem = { reason, advice };
  }
}
const bad = (reason: string, advice: string): BadValue => new BadValue(reason, advice);

const attempt = 'read the settings';

/**
 * Each setting from the strongest that gives it: flag, environment, file. Throws an EmulatorError that names all that is
 * impossible.
 */
export const readConfiguration = ({ flags, environment, file }: Given): Configuration => {
  const inFile = file === undefined ? {} : parseFile(file.path, file.text);
  const found = new Map<string, Found>();
  for (const spec of settings) {
    const one = find(spec, flags, environment, inFile, file?.path ?? '');
    if (one !== null) found.set(spec.name, one);
  }
  const problems = [
    ...findMisspelt(environment),
    ...findUnknown(inFile, file?.path ?? ''),
    ...keepStronger(found, 'access-key', 'access-key-file'),
  ];
  const values: Record<string, SettingValue> = {};
  const sources: Record<string, string> = {};
  for (const spec of settings) {
    const one = found.get(spec.name);
    if (one === undefined) continue;
    try {
      values[spec.name] = toValue(spec, one.given, one.source);
      sources[spec.name] = one.source;
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      problems.push(error.problem);
    }
  }
  refuse(attempt, problems);
  return { values, sources };
};

const prefix = environmentNameOf('');

/** One of our variables that is none would be heeded by nothing. */
const findMisspelt = (environment: Given['environment']): readonly Problem[] => {
  const known = ['config', ...settings.map(({ name }) => name)].map(environmentNameOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && environment[name] !== undefined && !known.includes(name))
    .map((name) => {
      const bare = known.map((one) => one.slice(prefix.length));
      const hint = hintAt(name.slice(prefix.length), bare).replace(/"(.*)"/, `${prefix}$1`);
      return { reason: `no setting has the variable ${name}${hint}`, advice: 'Correct its name, or unset it' };
    });
};

const findUnknown = (inFile: Readonly<Record<string, unknown>>, path: string): readonly Problem[] => {
  const names = settings.map(({ name }) => name);
  const unknown = Object.keys(inFile)
    .filter((name) => !names.includes(name))
    .map((name) => `"${name}"${hintAt(name, names)}`);
  if (unknown.length === 0) return [];
  const reason = `${path} has the unknown setting${unknown.length === 1 ? '' : 's'} ${unknown.join('; ')}`;
  return [{ reason, advice: `Choose from ${names.join(', ')}` }];
};

type Found = { readonly given: unknown; readonly source: string; readonly rank: 'flag' | 'environment' | 'file' };

/** Two ways to say one thing: a flag wins over the environment, whichever of the two it is. */
const keepStronger = (found: Map<string, Found>, one: string, other: string): Problem[] => {
  const [first, second] = [found.get(one), found.get(other)];
  if (first === undefined || second === undefined) return [];
  if (first.rank === second.rank) {
    return [{ reason: `${first.source} and ${second.source} are both given`, advice: 'Give one of them' }];
  }
  const isFirst = ranks.indexOf(first.rank) < ranks.indexOf(second.rank);
  found.delete(isFirst ? other : one);
  return [];
};

const ranks: readonly Found['rank'][] = ['flag', 'environment', 'file'];

const find = (
  { name, kind, aliases = [] }: Setting,
  flags: Given['flags'],
  environment: Given['environment'],
  inFile: Readonly<Record<string, unknown>>,
  path: string,
): Found | null => {
  if (flags[name] !== undefined) return { given: flags[name], source: `--${name}`, rank: 'flag' };
  for (const variable of [environmentNameOf(name), ...aliases]) {
    const given = environment[variable];
    // CI systems set what is not configured to the empty string; but an empty list of cases must not mean all of them.
    const isSet = given !== '' || (isOfLists(kind) && !aliases.includes(variable));
    if (given !== undefined && isSet) return { given, source: variable, rank: 'environment' };
  }
  const given = inFile[name];
  return given === undefined ? null : { given, source: `${path} (${name})`, rank: 'file' };
};

const isOfLists = (kind: Setting['kind']): boolean => kind === 'list' || kind === 'entries';

const parseFile = (path: string, text: string): Readonly<Record<string, unknown>> => {
  const fail = (reason: string, advice: string) => toProblemError(attempt, [{ reason, advice }]);
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw fail(`${path} is no YAML: ${toMessage(error).split('\n')[0]}`, 'Correct the file');
  }
  if (isRecord(content)) return content;
  throw fail(`${path} holds no map of settings`, 'Write one setting a line, as in "level: claim"');
};

const toValue = ({ kind, choices = [] }: Setting, given: unknown, source: string): SettingValue => {
  if (given === null || (given === '' && kind === 'text')) throw empty(source);
  switch (kind) {
    case 'text':
      return toText(given, source);
    case 'list':
      return toList(given, source, (text) => text.split(/[\s,]+/));
    case 'entries':
      return toList(given, source, (text) => [text]);
    case 'choice': {
      const text = toText(given, source);
      if (!choices.includes(text)) throw bad(`${source} is "${text}"`, `Choose one of ${choices.join(', ')}`);
      return text;
    }
    case 'number':
      return toNumber(given, source);
    case 'switch':
      return toSwitch(given, source);
  }
};

const toNumber = (given: unknown, source: string): number => {
  const number = typeof given === 'number' || isFilled(given) ? Number(given) : Number.NaN;
  if (Number.isFinite(number) && number >= 0) return number;
  throw bad(`${source} is "${String(given)}"`, 'Give a number from 0');
};

const toSwitch = (given: unknown, source: string): boolean => {
  if (given === true || given === 'true' || given === '1') return true;
  if (given === false || given === 'false' || given === '0') return false;
  throw bad(`${source} is "${String(given)}"`, 'Give true or false');
};

const isFilled = (given: unknown): boolean => typeof given === 'string' && given.trim() !== '';

const empty = (source: string): BadValue => bad(`${source} is empty`, 'Give a value, or leave it out');

const toList = (given: unknown, source: string, split: (text: string) => readonly string[]): readonly string[] => {
  // Each by itself: a flag may be given several times.
  const parts = [given].flat().map((entry) => split(toText(entry, source)).filter(Boolean));
  if (parts.length === 0 || parts.some((entries) => entries.length === 0)) throw empty(source);
  return parts.flat();
};

const toText = (given: unknown, source: string): string => {
  if (typeof given === 'string' || typeof given === 'number') return String(given);
  throw bad(`${source} is no text`, 'Put it in quotes');
};
