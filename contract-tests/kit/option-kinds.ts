import { renderValue } from '../../src/shared/render-value.ts';
import { withoutPassword } from '../../src/shared/without-password.ts';
import { isRecord } from '../model/json.ts';
import type { Bounds, CallbackOptions, ContractOptions } from '../model/options.ts';
import { levels } from '../model/result.ts';

/** What one value may be. */
export type Kind = {
  readonly is: (value: unknown) => boolean;
  /** In words, behind "Give". */
  readonly wanted: string;
  /** The setting that gives it; options without one come from programs only. */
  readonly setting?: string;
  /** How many of it one unit of the setting is; 1 without it. */
  readonly scale?: number;
  /** A list of such values, which has some. */
  readonly isList?: true;
  readonly mayBeEmpty?: true;
  readonly isRequired?: true;
  readonly show?: (value: unknown) => string;
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isWord = (value: unknown): boolean => isText(value) && value.trim() !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
/** Timers count up to 2 ** 31 milliseconds. */
const isMs = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 2 ** 31;
const isFunction = (value: unknown): boolean => typeof value === 'function';
const oneOf = (...words: readonly string[]): Pick<Kind, 'is' | 'wanted'> => ({
  is: (value) => words.some((word) => word === value),
  wanted: `one of ${words.join(', ')}`,
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

export const boundKinds: { readonly [Name in keyof Required<Bounds>]: Kind } = {
  maxClaims: { ...count, setting: 'max-claims' },
  maxSpawns: { ...count, setting: 'max-spawns' },
  maxSeconds: {
    is: (value) => isMs(Number(value) * 1_000) && typeof value === 'number',
    wanted: 'seconds from 0, at most 24 days',
    setting: 'max-seconds',
  },
};

export const callbackKinds: { readonly [Name in keyof Required<CallbackOptions>]: Kind } = {
  mode: { ...oneOf('auto', 'required', 'off'), setting: 'callback' },
  url: { ...baseUrl, setting: 'callback-url' },
  host: { is: isWord, wanted: 'an address to listen at', setting: 'callback-host' },
  port: {
    is: (value) => isCount(value) && Number(value) < 2 ** 16,
    wanted: 'a port from 0 to 65535',
    setting: 'callback-port',
  },
};

/** Of each option, for every door: flags, environment and file come here as options, too. */
export const optionKinds: { readonly [Name in keyof Required<ContractOptions>]: Kind } = {
  url: { ...baseUrl, setting: 'url', isRequired: true },
  accessKey: {
    is: (value) => isText(value) && value !== '',
    wanted: 'one of the scheduler’s access keys',
    setting: 'access-key',
    isRequired: true,
    show: (value) => renderValue(value, { hidden: true }),
  },
  containers: {
    ...id,
    wanted: 'the ID of a function container: 24 hexadecimal digits',
    setting: 'container',
    isList: true,
    isRequired: true,
  },
  nonFunctionContainer: { ...id, wanted: 'an ID of 24 hexadecimal digits', setting: 'non-function' },
  level: { ...oneOf(...levels), setting: 'level' },
  only: { ...cases, setting: 'only' },
  skip: { ...cases, setting: 'skip' },
  advanceClock: { is: isFunction, wanted: 'a function of milliseconds' },
  callback: { is: isRecord, wanted: 'an object of mode, url, host and port' },
  endsByItself: { ...switched, setting: 'ends-by-itself' },
  bounds: { is: isRecord, wanted: 'an object of maxClaims, maxSpawns and maxSeconds' },
  exploreSeconds: {
    is: (value) => typeof value === 'number' && value >= 0 && value <= longestExploration,
    wanted: `seconds from 0 to ${longestExploration}`,
    setting: 'explore',
  },
  seed: {
    is: (value) => isCount(value) && Number(value) < 2 ** 32,
    wanted: 'the number that a finding names, from 0 to 4294967295',
    setting: 'seed',
  },
  requestTimeoutMs: {
    ...time,
    is: (value) => isMs(value) && value > 0,
    wanted: 'a time above 0, at most 24 days',
    setting: 'timeout',
  },
  settleMs: { ...time, setting: 'settle' },
  knownDifferences: {
    is: (value) => isRecord(value) && ['id', 'reason', 'date'].every((name) => isWord(value[name])),
    wanted: 'entries of id, reason and date',
    setting: 'known-differences',
    isList: true,
    mayBeEmpty: true,
  },
  ledgerFolder: {
    is: (value) => isWord(value) || value === false,
    wanted: 'the path of a folder',
    setting: 'ledger-dir',
  },
  strict: { ...switched, setting: 'strict' },
  sources: { is: isRecord, wanted: 'an object of texts by name' },
  onProgress: { is: isFunction, wanted: 'a function' },
  signal: {
    is: (value) =>
      typeof value === 'object' && value !== null && 'aborted' in value && typeof value.aborted === 'boolean',
    wanted: 'an AbortSignal',
  },
};
