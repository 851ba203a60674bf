import { findKeyFault } from '../../src/shared/access-key.ts';
import { renderValue } from '../../src/shared/render-value.ts';
import { withoutPassword } from '../../src/shared/without-password.ts';
import { isRecord } from '../model/json.ts';
import type { Bounds, CallbackOptions, ContractOptions, LinkedOptions } from '../model/options.ts';
import { levels } from '../model/result.ts';
import { usualSeconds } from './limits.ts';
import {
  choice,
  list,
  number,
  type OptionSpec,
  type OptionSpecs,
  type SettingsCommand,
  text,
  toggle,
} from './option-spec.ts';

export const always: readonly SettingsCommand[] = ['contract', 'record', 'cleanup'];
export const judging: readonly SettingsCommand[] = ['contract'];

const isText = (value: unknown): value is string => typeof value === 'string';
const isWord = (value: unknown): boolean => isText(value) && value.trim() !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
/** Timers count up to 2 ** 31 milliseconds. */
const isMs = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 2 ** 31;
const isFunction = (value: unknown): boolean => typeof value === 'function';
const oneOf = (words: readonly string[], name: string, description: string): OptionSpec => ({
  is: (value) => words.some((word) => word === value),
  wanted: `one of ${words.join(', ')}`,
  setting: choice(name, words, description),
});
const switched = { is: (value: unknown) => typeof value === 'boolean', wanted: 'true or false' } as const;
const count = { is: isCount, wanted: 'a whole number from 0' } as const;
const time = { is: isMs, wanted: 'a time from 0, at most 24 days', scale: 1_000 } as const;
const id = { is: (value: unknown) => isText(value) && /^[0-9a-f]{24}$/i.test(value), wanted: '24 hexadecimal digits' };
const cases = {
  is: isWord,
  wanted: 'IDs of cases, or how they begin; contract --list has them',
  isList: true,
} as const;

/** A base URL: the access key has an option of its own, and paths are the suite's. */
const isBaseUrl = (value: unknown): boolean => {
  const url = isText(value) && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return [url.username, url.password, url.search, url.hash].every((part) => part === '');
};
const baseUrl = {
  is: isBaseUrl,
  wanted: 'an http or https URL of a host, a port and a path, such as http://127.0.0.1:4280',
  show: (value: unknown) => renderValue(isText(value) ? withoutPassword(value) : value, { hidden: false }),
} as const;

export const longestExploration = 86_400;

const boundSpecs: { readonly [Name in keyof Required<Bounds>]: OptionSpec } = {
  maxClaims: { ...count, setting: number('max-claims', 'number', 'claims the run may make') },
  maxSpawns: { ...count, setting: number('max-spawns', 'number', 'spawns the run may make') },
  maxSeconds: {
    is: (value) => isMs(Number(value) * 1_000) && typeof value === 'number',
    wanted: 'seconds from 0, at most 24 days',
    setting: number(
      'max-seconds',
      'seconds',
      `time after which no further case is tried (default: ${usualSeconds} and those of --explore; none where the clock can be moved)`,
    ),
  },
};

const whereCallback = { appliesWhen: 'callback' } as const;

const callbackSpecs: { readonly [Name in keyof Required<CallbackOptions>]: OptionSpec } = {
  mode: oneOf(['auto', 'required', 'off'], 'callback', 'whether functions report what they see (fixtures/probe)'),
  url: {
    ...baseUrl,
    setting: text(
      'callback-url',
      'url',
      'URL at which functions reach the suite (default: http://host.docker.internal:<port>)',
      whereCallback,
    ),
  },
  host: {
    is: isWord,
    wanted: 'an address to listen at',
    setting: text(
      'callback-host',
      'address',
      'address at which the suite listens for reports (default: 0.0.0.0)',
      whereCallback,
    ),
  },
  port: {
    is: (value) => isCount(value) && Number(value) < 2 ** 16,
    wanted: 'a port from 0 to 65535',
    setting: number('callback-port', 'port', 'port at which it listens (default: a free one)', whereCallback),
  },
};

const whereUrl = { appliesWhen: 'url' } as const;
const whereLinked = { appliesWhen: 'linked' } as const;
const host = {
  is: (value: unknown) => isText(value) && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(value),
  wanted: 'a host, such as probe.example.com, with a port where the Host header is to have one',
} as const;

const linkedSpecs: { readonly [Name in keyof Required<LinkedOptions>]: OptionSpec } = {
  url: {
    ...baseUrl,
    is: (value) => isBaseUrl(value) && new URL(String(value)).pathname === '/',
    wanted: 'an http or https URL of a host and a port, such as http://127.0.0.1:4290',
    isRequired: true,
    setting: text(
      'linked-url',
      'url',
      'where functions (fixtures/probe) are reached over HTTP, each request by an instance of its own',
      whereUrl,
    ),
  },
  hosts: {
    ...host,
    isList: true,
    setting: list(
      'linked-host',
      'host',
      'the Host header of each function, in the order of --container (default: the URL’s own)',
      whereLinked,
    ),
  },
  lateHost: {
    ...host,
    setting: text(
      'linked-late-host',
      'host',
      'the Host header of a function that listens late (fixtures/probe at PROBE_LATE_PORT)',
      whereLinked,
    ),
  },
  silentHost: {
    ...host,
    setting: text('linked-silent-host', 'host', 'the Host header of a function that never listens', whereLinked),
  },
};

const objectOf = (fields: OptionSpecs): OptionSpec => ({
  is: isRecord,
  wanted: `an object of ${Object.keys(fields)
    .join(', ')
    .replace(/, (?=\w+$)/, ' and ')}`,
  fields,
});

export const optionSpecs: { readonly [Name in keyof Required<ContractOptions>]: OptionSpec } = {
  url: {
    ...baseUrl,
    isRequired: true,
    setting: text('url', 'url', 'the scheduler’s base URL (default: an emulator is started)', {
      aliases: ['BASE_URL'],
    }),
  },
  accessKey: {
    is: (value) => isText(value) && value !== '' && findKeyFault(value) === null,
    wanted: 'one of the scheduler’s access keys, without a line break and without blanks at its ends',
    isRequired: true,
    show: (value) =>
      isText(value) ? `no access key: ${findKeyFault(value) ?? 'it is empty'}` : renderValue(value, { hidden: true }),
    setting: text('access-key', 'key', 'one of its access keys (default: that in CYCLE_ACCESS_KEY)', {
      ...whereUrl,
      aliases: ['ACCESS_TOKEN'],
      commands: always,
    }),
  },
  containers: {
    ...id,
    wanted: 'the ID of a function container: 24 hexadecimal digits',
    isList: true,
    isRequired: true,
    setting: list('container', 'id', 'ID of a function container; give two where there are two', {
      ...whereUrl,
      aliases: ['CONTAINER_ID'],
    }),
  },
  nonFunctionContainer: {
    ...id,
    wanted: 'an ID of 24 hexadecimal digits',
    setting: text('non-function', 'id', 'ID of a container that is no function', whereUrl),
  },
  level: oneOf(levels, 'level', 'what the run may do to the target (default: disruptive for loopback, else claim)'),
  only: { ...cases, setting: list('only', 'id', 'run only these cases: IDs, or how they begin') },
  skip: { ...cases, setting: list('skip', 'id', 'leave these cases out') },
  advanceClock: { is: isFunction, wanted: 'a function of milliseconds' },
  bounds: objectOf(boundSpecs),
  exploreSeconds: {
    is: (value) => typeof value === 'number' && value >= 0 && value <= longestExploration,
    wanted: `seconds from 0 to ${longestExploration}`,
    setting: number(
      'explore',
      'seconds',
      'time for random histories (default: 5 at level claim, 10 at lifecycle, 20 at disruptive)',
    ),
  },
  seed: {
    is: (value) => isCount(value) && Number(value) < 2 ** 32,
    wanted: 'the number that a finding names, from 0 to 4294967295',
    setting: number('seed', 'number', 'random histories to try, as a finding names them (default: others in each run)'),
  },
  requestTimeoutMs: {
    ...time,
    is: (value) => isMs(value) && value > 0,
    wanted: 'a time above 0, at most 24 days',
    setting: number('timeout', 'seconds', 'time that an answer may take, more than max_queue_time (default: 30)', {
      commands: always,
    }),
  },
  settleMs: {
    ...time,
    setting: number('settle', 'seconds', 'time that the target may take for work in the background (default: 3)'),
  },
  callback: objectOf(callbackSpecs),
  linked: objectOf(linkedSpecs),
  endsByItself: {
    ...switched,
    setting: toggle('ends-by-itself', 'the functions end by themselves soon after their start'),
  },
  knownDifferences: {
    is: (value) => isRecord(value) && ['id', 'reason', 'date'].every((name) => isWord(value[name])),
    wanted: 'entries of id, reason and date',
    isList: true,
    mayBeEmpty: true,
    setting: text('known-differences', 'path', 'YAML file of accepted deviations', { commands: judging }),
  },
  ledgerFolder: {
    is: (value) => isWord(value) || value === false,
    wanted: 'the path of a folder',
    setting: text('ledger-dir', 'path', 'folder of the journal of open claims (default: the user’s state folder)', {
      commands: always,
    }),
  },
  strict: {
    ...switched,
    setting: toggle('strict', 'also require what is inferred or our choice to be as in the emulator', {
      commands: judging,
    }),
  },
  sources: { is: isRecord, wanted: 'an object of texts by name' },
  onProgress: { is: isFunction, wanted: 'a function' },
  signal: {
    is: (value) =>
      typeof value === 'object' && value !== null && 'aborted' in value && typeof value.aborted === 'boolean',
    wanted: 'an AbortSignal',
  },
};
