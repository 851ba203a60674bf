import { parse } from 'yaml';
import { parseKnownDifferences } from '../../../contract-tests/kit/known-differences.ts';
import type { Condition, OptionSpecs, Setting } from '../../../contract-tests/kit/option-spec.ts';
import { optionSpecs } from '../../../contract-tests/kit/option-specs.ts';
import { hintAt, type Problem, refuse, toProblemError } from '../../../contract-tests/kit/problems.ts';
import { isRecord } from '../../../contract-tests/model/json.ts';
import type { ContractOptions } from '../../../contract-tests/model/options.ts';
import { isLoopback } from '../../shared/addresses.ts';
import { toMessage } from '../../shared/errors.ts';
import { readTextFile } from '../../shared/read-small-file.ts';
import { environmentNameOf, settings } from './settings.ts';

type SettingValue = string | number | boolean | readonly string[];

/** The given settings by name, and the source of each. */
export type Configuration = {
  readonly values: Readonly<Record<string, SettingValue>>;
  readonly sources: Readonly<Record<string, string>>;
};

type ByName = Readonly<Record<string, unknown>>;
type File = { readonly path: string; readonly text: string };

export type Given = {
  /** By setting name, as the command line has them: unset ones are missing. */
  readonly flags: ByName;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: File | undefined;
};

/** What the commands take: settings, and flags of which not each has all. */
export type ContractFlags = ByName & {
  readonly config?: string;
  readonly json: boolean;
  readonly list?: boolean;
  readonly verbose?: boolean;
  readonly out: string;
};

const attempt = 'read the settings';

/** The configuration from flags, environment and file. Throws an EmulatorError where it is impossible. */
export const loadConfiguration = async (flags: ContractFlags): Promise<Configuration> => {
  if (flags.config === '')
    throw toProblemError(attempt, [{ reason: '--config is empty', advice: 'Give a path, or leave it out' }]);
  const path = flags.config ?? (process.env[environmentNameOf('config')] || undefined);
  const file = path === undefined ? undefined : { path, text: (await readTextFile(path, 'the settings')).text };
  // Commander names options in camel case; settings have the names of their flags.
  const toCamelCase = (name: string) => name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
  const byName = Object.fromEntries(settings.map(({ name }) => [name, flags[toCamelCase(name)]]));
  return readConfiguration({ flags: byName, environment: process.env, file });
};

/**
 * Each setting from the strongest that gives it: flag, environment, file. Throws an EmulatorError that names all that is
 * impossible.
 */
export const readConfiguration = ({ flags, environment, file }: Given): Configuration => {
  const inFile = file === undefined ? {} : parseFile(file);
  const found = new Map<string, Found>();
  for (const setting of settings) {
    const one = find(setting, flags, environment, inFile, file?.path);
    if (one !== null) found.set(setting.name, one);
  }
  const problems = [
    ...findMisspelt(environment),
    ...findUnknown(inFile, file?.path),
    ...keepStronger(found, 'access-key', 'access-key-file'),
  ];
  const values: Record<string, SettingValue> = {};
  const sources: Record<string, string> = {};
  for (const [name, { setting, given, source }] of found) {
    const value = toValue(setting, given, source);
    sources[name] = source;
    if (isProblem(value)) problems.push(value);
    else values[name] = value;
  }
  refuse(attempt, problems);
  return { values, sources };
};

const prefix = environmentNameOf('');

/** One of our variables that is none would be heeded by nothing. */
const findMisspelt = (environment: Given['environment']): readonly Problem[] => {
  const known = ['config', ...settings.map(({ name }) => name)].map(environmentNameOf);
  const bare = known.map((name) => name.slice(prefix.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && environment[name] !== undefined && !known.includes(name))
    .map((name) => {
      const hint = hintAt(name.slice(prefix.length), bare).replace(/"(.*)"/, `${prefix}$1`);
      return { reason: `no setting has the variable ${name}${hint}`, advice: 'Correct its name, or unset it' };
    });
};

const findUnknown = (inFile: ByName, path: string | undefined): readonly Problem[] => {
  const names = settings.map(({ name }) => name);
  const unknown = Object.keys(inFile)
    .filter((name) => !names.includes(name))
    .map((name) => `"${name}"${hintAt(name, names)}`);
  if (unknown.length === 0) return [];
  const reason = `${path} has the unknown setting${unknown.length === 1 ? '' : 's'} ${unknown.join('; ')}`;
  return [{ reason, advice: `Choose from ${names.join(', ')}` }];
};

/** What gives a setting: the lower the rank, the stronger. */
type Found = { readonly setting: Setting; readonly given: unknown; readonly source: string; readonly rank: number };

const find = (
  setting: Setting,
  flags: ByName,
  environment: Given['environment'],
  inFile: ByName,
  path: string | undefined,
): Found | null => {
  const { name, kind, aliases = [] } = setting;
  if (flags[name] !== undefined) return { setting, given: flags[name], source: `--${name}`, rank: 0 };
  for (const variable of [environmentNameOf(name), ...aliases]) {
    const given = environment[variable];
    // CI systems set what is not configured to the empty string; but an empty list of cases must not mean all of them.
    const isSet = given !== '' || (isOfLists(kind) && !aliases.includes(variable));
    if (given !== undefined && isSet) return { setting, given, source: variable, rank: 1 };
  }
  const given = inFile[name];
  return given === undefined ? null : { setting, given, source: `${path} (${name})`, rank: 2 };
};

/** Two ways to say one thing: a flag wins over the environment, whichever of the two it is. */
const keepStronger = (found: Map<string, Found>, one: string, other: string): Problem[] => {
  const [first, second] = [found.get(one), found.get(other)];
  if (first === undefined || second === undefined) return [];
  if (first.rank === second.rank)
    return [{ reason: `${first.source} and ${second.source} are both given`, advice: 'Give one of them' }];
  found.delete(first.rank < second.rank ? other : one);
  return [];
};

const parseFile = ({ path, text }: File): ByName => {
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

const isOfLists = (kind: Setting['kind']): boolean => kind === 'list' || kind === 'entries';
const isProblem = (value: SettingValue | Problem): value is Problem => isRecord(value);

const toValue = ({ kind, choices = [] }: Setting, given: unknown, source: string): SettingValue | Problem => {
  const not = (advice: string): Problem => ({ reason: `${source} is "${String(given)}"`, advice });
  if (given === null || (given === '' && kind === 'text')) return toEmpty(source);
  if (kind === 'number') return toNumber(given) ?? not('Give a number from 0');
  if (kind === 'switch') return toSwitch(given) ?? not('Give true or false');
  const parts: readonly unknown[] = isOfLists(kind) ? [given].flat() : [given];
  if (!parts.every((part) => typeof part === 'string' || typeof part === 'number'))
    return { reason: `${source} is no text`, advice: 'Put it in quotes' };
  if (isOfLists(kind)) return toList(parts.map(String), kind) ?? toEmpty(source);
  const text = String(given);
  return kind === 'choice' && !choices.includes(text) ? not(`Choose one of ${choices.join(', ')}`) : text;
};

const toEmpty = (source: string): Problem => ({
  reason: `${source} is empty`,
  advice: 'Give a value, or leave it out',
});

const toNumber = (given: unknown): number | null => {
  const isFilled = typeof given === 'number' || (typeof given === 'string' && given.trim() !== '');
  return isFilled && Number.isFinite(Number(given)) && Number(given) >= 0 ? Number(given) : null;
};

const toSwitch = (given: unknown): boolean | null => {
  if (given === true || given === 'true' || given === '1') return true;
  return given === false || given === 'false' || given === '0' ? false : null;
};

/** The entries of all texts; null where one has none, for a flag may be given several times. */
const toList = (texts: readonly string[], kind: Setting['kind']): readonly string[] | null => {
  const lists = texts.map((text) => (kind === 'list' ? text.split(/[\s,]+/) : [text]).filter(Boolean));
  return lists.length === 0 || lists.some(({ length }) => length === 0) ? null : lists.flat();
};

/**
 * The options that settings give, each in the option's own unit; what was not given is left out, so that defaults hold.
 * What they are is for the check of the options to say.
 */
export const toOptions = ({ values }: Configuration): Partial<ContractOptions> => {
  const pick = (specs: OptionSpecs): ByName =>
    Object.fromEntries(
      Object.entries(specs).flatMap<readonly [string, unknown]>(([option, { setting, scale = 1, fields = {} }]) => {
        const value = values[setting?.name ?? ''];
        if (value !== undefined) return [[option, typeof value === 'number' ? value * scale : value]];
        const inside = pick(fields);
        return Object.keys(inside).length === 0 ? [] : [[option, inside]];
      }),
    );
  return pick(optionSpecs);
};

/** The run's options as far as the configuration decides them, files read but for that of the access key. */
export const loadOptions = async (configuration: Configuration): Promise<Partial<ContractOptions>> => {
  const path = configuration.values['known-differences'];
  const options = toOptions(configuration);
  if (typeof path !== 'string') return options;
  const { text } = await readTextFile(path, 'the known differences');
  return { ...options, knownDifferences: parseKnownDifferences(path, text) };
};

/** Other commands take their key from it, too: it gives way to all that is the contract's own. */
const sharedVariable = 'CYCLE_ACCESS_KEY';

/** All ways to give the key. */
export const keyDoors = `--access-key, --access-key-file, ${environmentNameOf('access-key')}, ${environmentNameOf('access-key-file')}, ACCESS_TOKEN or ${sharedVariable}`;

/** The access key as given, or as it stands in the file given, and what is to blame for it; null where there is none. */
export const loadAccessKey = async ({
  values,
  sources,
}: Configuration): Promise<{ readonly accessKey: string; readonly source: string } | null> => {
  const { 'access-key': key, 'access-key-file': path } = values;
  if (typeof key === 'string') return { accessKey: key, source: sources['access-key'] ?? '--access-key' };
  if (typeof path === 'string') {
    return { accessKey: (await readTextFile(path, 'the access key')).text.trim(), source: path };
  }
  const shared = process.env[sharedVariable] ?? '';
  return shared === '' ? null : { accessKey: shared, source: sharedVariable };
};

type Values = Configuration['values'];

const conditions: {
  readonly [Name in Condition]: {
    readonly holds: (values: Values) => boolean;
    /** Why the setting has no effect, and what to do. */
    readonly reason: string;
    readonly advice: string;
  };
} = {
  url: {
    holds: ({ url }) => url !== undefined,
    reason: 'no URL is given, so the emulator is started with its own',
    advice: 'Give --url, or leave the setting out',
  },
  'no-url': {
    holds: ({ url }) => url === undefined,
    reason: 'a URL is given, so no emulator is started',
    advice: 'Leave out the URL or the setting',
  },
  stack: {
    holds: ({ url, stack }) => url === undefined && stack !== undefined,
    reason: 'no stack of yours is started',
    advice: 'Give --stack and no URL, or leave the setting out',
  },
  callback: {
    holds: (values) => values['callback'] !== 'off' && mayReport(values),
    reason: 'functions are not asked to report',
    advice: 'Give --callback or --callback-url, or leave the setting out',
  },
  linked: {
    holds: ({ url, 'linked-url': linkedUrl }) => url !== undefined && linkedUrl !== undefined,
    reason: 'no URL is given at which functions are reached over HTTP',
    advice: 'Give --linked-url, or leave the setting out',
  },
};

/** As a run has it: functions elsewhere are asked to where the settings say so or name a URL. */
const mayReport = ({ url, callback, 'callback-url': callbackUrl }: Values): boolean => {
  if (callback !== undefined || callbackUrl !== undefined || typeof url !== 'string') return true;
  return !URL.canParse(url) || isLoopback(new URL(url).hostname);
};

/**
 * Finds settings that have no effect with any cases, so the user meant something else. The check of the options finds
 * those that no chosen case uses.
 */
export const findWithoutEffect = ({ values, sources }: Configuration): readonly Problem[] =>
  settings.flatMap(({ name, appliesWhen }) => {
    if (values[name] === undefined || appliesWhen === undefined) return [];
    const { holds, reason, advice } = conditions[appliesWhen];
    return holds(values) ? [] : [{ reason: `${sources[name] ?? name} has no effect, since ${reason}`, advice }];
  });
