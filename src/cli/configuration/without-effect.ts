import type { Condition } from '../../../contract-tests/kit/option-specs.ts';
import type { Problem } from '../../../contract-tests/kit/problems.ts';
import { isLoopback } from '../../shared/addresses.ts';
import type { Configuration } from './read.ts';
import { settings } from './table.ts';

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
