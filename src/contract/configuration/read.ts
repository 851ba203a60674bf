import { parse } from 'yaml';
import { EmulatorError, errorCodes, toMessage } from '../../errors.ts';
import { isRecord } from '../json.ts';
import { environmentNameOf, type SettingSpec, settingSpecs } from './table.ts';

export type SettingValue = string | number | boolean | readonly string[];

/** The settings that somebody gave, by name, and where each came from. */
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

const bad = (reason: string, advice: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to read the settings: ${reason}. ${advice}.`);

/** Each setting from the strongest that gives it: flag, environment, file. Throws an EmulatorError for impossible ones. */
export const readConfiguration = ({ flags, environment, file }: Given): Configuration => {
  const inFile = file === undefined ? {} : parseFile(file.path, file.text);
  const values: Record<string, SettingValue> = {};
  const sources: Record<string, string> = {};
  const found = new Map<string, Found>();
  for (const spec of settingSpecs) {
    const one = find(spec, flags, environment, inFile, file?.path ?? '');
    if (one !== null) found.set(spec.name, one);
  }
  keepStronger(found, 'access-key', 'access-key-file');
  for (const spec of settingSpecs) {
    const one = found.get(spec.name);
    if (one === undefined) continue;
    values[spec.name] = toValue(spec, one.given, one.source);
    sources[spec.name] = one.source;
  }
  return { values, sources };
};

type Found = { readonly given: unknown; readonly source: string; readonly rank: 'flag' | 'environment' | 'file' };

/** Two ways to say one thing: a flag wins over the environment, whichever of the two it is. */
const keepStronger = (found: Map<string, Found>, one: string, other: string): void => {
  const [first, second] = [found.get(one), found.get(other)];
  if (first === undefined || second === undefined) return;
  if (first.rank === second.rank) throw bad(`${first.source} and ${second.source} are both given`, 'Give one of them');
  const isFirst = ranks.indexOf(first.rank) < ranks.indexOf(second.rank);
  found.delete(isFirst ? other : one);
};

const ranks: readonly Found['rank'][] = ['flag', 'environment', 'file'];

const find = (
  { name, aliases = [] }: SettingSpec,
  flags: Given['flags'],
  environment: Given['environment'],
  inFile: Readonly<Record<string, unknown>>,
  path: string,
): Found | null => {
  if (flags[name] !== undefined) return { given: flags[name], source: `--${name}`, rank: 'flag' };
  for (const variable of [environmentNameOf(name), ...aliases]) {
    // CI systems set what nobody has configured to the empty string.
    const given = environment[variable];
    if (given) return { given, source: variable, rank: 'environment' };
  }
  const given = inFile[name];
  return given === undefined || given === null ? null : { given, source: `${path} (${name})`, rank: 'file' };
};

const parseFile = (path: string, text: string): Readonly<Record<string, unknown>> => {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw bad(`${path} is no YAML: ${toMessage(error).split('\n')[0]}`, 'Correct the file');
  }
  if (!isRecord(content))
    throw bad(`${path} holds no map of settings`, 'Write one setting a line, as in "level: claim"');
  const names = settingSpecs.map(({ name }) => name);
  const unknown = Object.keys(content).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw bad(`${path} has the unknown setting "${unknown}"`, `Choose from ${names.join(', ')}`);
  return content;
};

const toValue = ({ kind, choices = [] }: SettingSpec, given: unknown, source: string): SettingValue => {
  switch (kind) {
    case 'text':
      return toText(given, source);
    case 'list':
      return [given].flat().flatMap((entry) =>
        toText(entry, source)
          .split(/[\s,]+/)
          .filter(Boolean),
      );
    case 'entries':
      return [given].flat().map((entry) => toText(entry, source));
    case 'choice': {
      const text = toText(given, source);
      if (!choices.includes(text)) throw bad(`${source} is "${text}"`, `Choose one of ${choices.join(', ')}`);
      return text;
    }
    case 'number': {
      const number = given === '' ? Number.NaN : Number(given);
      if (!Number.isFinite(number) || number < 0) throw bad(`${source} is "${String(given)}"`, 'Give a number from 0');
      return number;
    }
    case 'switch':
      if (given === true || given === 'true' || given === '1') return true;
      if (given === false || given === 'false' || given === '0') return false;
      throw bad(`${source} is "${String(given)}"`, 'Give true or false');
  }
};

const toText = (given: unknown, source: string): string => {
  if (typeof given === 'string' || typeof given === 'number') return String(given);
  throw bad(`${source} is no text`, 'Put it in quotes');
};
