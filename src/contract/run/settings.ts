import { randomInt } from 'node:crypto';
import { EmulatorError, errorCodes } from '../../errors.ts';
import { isLoopback } from '../../is-loopback.ts';
import { withoutPassword } from '../../without-password.ts';
import type { ContractCase } from '../case.ts';
import { exploringCase } from '../explore/exploring-case.ts';
import type { ContractOptions, KnownDifference } from '../options.ts';
import { shownAccessKey } from '../redaction.ts';
import type { EffectiveSettings } from '../result.ts';
import { includesLevel, type Level, levels } from '../vocabulary.ts';
import { defaultLedgerFolder } from './ledger.ts';
import { usualSettleMs, usualTimeoutMs } from './usual.ts';

/** Options with all their defaults. */
export type Settings = Omit<
  ContractOptions,
  'url' | 'level' | 'requestTimeoutMs' | 'settleMs' | 'ledgerFolder' | 'exploreSeconds' | 'seed'
> & {
  readonly url: URL;
  readonly isLoopback: boolean;
  readonly level: Level;
  readonly requestTimeoutMs: number;
  readonly settleMs: number;
  readonly exploreSeconds: number;
  readonly seed: number;
  readonly ledgerFolder: string | false;
  /** Those of the level and of `only` and `skip`. */
  readonly cases: readonly ContractCase[];
};

const bad = (reason: string, advice: string): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to run the contract: ${reason}. ${advice}.`);

/** Throws an EmulatorError where an option is impossible. */
export const toSettings = (options: ContractOptions, allCases: readonly ContractCase[]): Settings => {
  const url = parseUrl(options.url);
  // Where by default no other caller's work can be hurt.
  const isLocal = isLoopback(url.hostname);
  const { level = isLocal ? 'disruptive' : 'claim', only = [], skip = [] } = options;
  if (options.accessKey === '') throw bad('the access key is empty', 'Give one of the scheduler’s keys');
  if (options.containers.length === 0) throw bad('no container is given', 'Give the ID of a function container');
  const { containers, nonFunctionContainer: other } = options;
  const odd = [...containers, ...(other === undefined ? [] : [other])].find((id) => !/^[0-9a-f]{24}$/i.test(id));
  if (odd !== undefined) throw bad(`"${odd}" is no container ID`, 'An ID has 24 hexadecimal digits');
  if (new Set(containers).size < containers.length) throw bad('a container is given twice', 'Give each once');
  if (!levels.includes(level)) throw bad(`there is no level "${level}"`, `Choose one of ${levels.join(', ')}`);
  checkNumbers(options);
  checkIds(allCases, [...only, ...skip]);
  checkKnownDifferences(allCases, options.knownDifferences ?? []);
  const exploration = toExploration(options, level);
  const cases = choose(allCases, level, only, skip).filter(
    ({ id }) => exploration.exploreSeconds > 0 || id !== exploringCase.id,
  );
  checkChosen(allCases, level, only, cases);
  return {
    ...options,
    url,
    isLoopback: isLocal,
    level,
    requestTimeoutMs: options.requestTimeoutMs ?? usualTimeoutMs,
    settleMs: options.settleMs ?? usualSettleMs,
    ...exploration,
    ledgerFolder: options.ledgerFolder ?? defaultLedgerFolder(),
    cases,
  };
};

const exploreSeconds: { readonly [Name in Level]: number } = { probe: 0, claim: 5, lifecycle: 10, disruptive: 20 };

const toExploration = ({ exploreSeconds: seconds, seed, advanceClock }: ContractOptions, level: Level) => {
  if (seconds !== undefined && !(seconds >= 0 && seconds <= longestExploration)) {
    throw bad(`${seconds} is no time to explore`, `Give seconds from 0 to ${longestExploration}`);
  }
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw bad(`${seed} is no seed`, 'Give the number that a finding names, from 0 to 4294967295');
  }
  // Where no lease is waited for, much is seen in little time.
  const usual = Math.min(exploreSeconds[level], advanceClock === undefined ? longestExploration : usualWithMovedClock);
  return { exploreSeconds: seconds ?? usual, seed: seed ?? randomInt(2 ** 32) };
};

const longestExploration = 86_400;
const usualWithMovedClock = 5;

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw bad(
      `"${withoutPassword(text)}" is no http or https URL`,
      'Give the scheduler’s base URL, such as http://127.0.0.1:4280',
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw bad('the URL has more than a host, a port and a path', 'Give the access key by its own option');
  }
  return url;
};

/** A name that means nothing would silently run everything, or nothing. */
const checkIds = (allCases: readonly ContractCase[], starts: readonly string[]): void => {
  const unknown = starts.find((start) => !allCases.some(({ id }) => id.startsWith(start)));
  if (unknown !== undefined) throw bad(`no case is called "${unknown}"`, 'See cycle-scheduler contract --list');
};

/** By their whole IDs: what is accepted of one case is accepted of no other. */
const checkKnownDifferences = (allCases: readonly ContractCase[], known: readonly KnownDifference[]): void => {
  const ids = known.map(({ id }) => id);
  const unknown = ids.find((id) => !allCases.some((one) => one.id === id));
  if (unknown !== undefined) {
    throw bad(`a known difference is of "${unknown}", which is no case`, 'See cycle-scheduler contract --list');
  }
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw bad(`two known differences are of ${twice}`, 'Write one for each case');
};

/** What is asked for by name has to be among what is run. */
const checkChosen = (
  allCases: readonly ContractCase[],
  level: Level,
  only: readonly string[],
  chosen: readonly ContractCase[],
): void => {
  const start = only.find((one) => !chosen.some(({ id }) => id.startsWith(one)));
  if (start === undefined) return;
  const wanted = allCases.filter(({ id }) => id.startsWith(start));
  const lowest = levels.find((one) => wanted.some((each) => each.level === one)) ?? level;
  if (!includesLevel(level, lowest)) {
    throw bad(`"${start}" needs the level ${lowest}, and the run goes up to ${level}`, `Give --level ${lowest}`);
  }
  throw bad(`"${start}" is to be run and to be skipped`, 'Take it from one of the lists');
};

/** Each by the name of its flag, which is nearly that of its option. */
const checkNumbers = ({ bounds = {}, requestTimeoutMs, settleMs, callback = {} }: ContractOptions): void => {
  const check = (name: string, value: number | undefined, isPossible: (value: number) => boolean, wanted: string) => {
    if (value !== undefined && !isPossible(value)) throw bad(`${name} is ${value}`, `Give ${wanted}`);
  };
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  // Timers count up to 2 ** 31 milliseconds.
  const isTime = (value: number): boolean => value >= 0 && value < 2 ** 31;
  check('max-claims', bounds.maxClaims, isCount, 'a whole number from 0');
  check('max-spawns', bounds.maxSpawns, isCount, 'a whole number from 0');
  check('max-seconds', bounds.maxSeconds, (value) => isTime(value * 1_000), 'seconds from 0, at most 24 days');
  check('timeout', requestTimeoutMs, (value) => isTime(value) && value > 0, 'a time above 0, at most 24 days');
  check('settle', settleMs, isTime, 'a time from 0, at most 24 days');
  check('callback-port', callback.port, (value) => isCount(value) && value < 2 ** 16, 'a port from 0 to 65535');
};

const choose = (
  all: readonly ContractCase[],
  level: Level,
  only: readonly string[],
  skip: readonly string[],
): readonly ContractCase[] => {
  const matches = (id: string, starts: readonly string[]): boolean => starts.some((start) => id.startsWith(start));
  return all.filter(
    ({ id, level: own }) => includesLevel(level, own) && (only.length === 0 || matches(id, only)) && !matches(id, skip),
  );
};

/** The settings as every report shows them. */
export const toEffectiveSettings = (settings: Settings): EffectiveSettings => ({
  url: settings.url.href,
  accessKey: shownAccessKey,
  containers: settings.containers,
  nonFunctionContainer: settings.nonFunctionContainer ?? null,
  level: settings.level,
  only: settings.only ?? [],
  skip: settings.skip ?? [],
  clock: settings.advanceClock === undefined ? 'real' : 'movable',
  callback: settings.callback ?? null,
  bounds: settings.bounds ?? {},
  requestTimeoutMs: settings.requestTimeoutMs,
  settleMs: settings.settleMs,
  exploreSeconds: settings.exploreSeconds,
  seed: settings.seed,
  strict: settings.strict ?? false,
  knownDifferences: settings.knownDifferences ?? [],
  sources: settings.sources ?? {},
});
