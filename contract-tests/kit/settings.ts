import { randomInt } from 'node:crypto';
import { isLoopback } from '../../src/shared/addresses.ts';
import { shownAccessKey } from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import type { EffectiveSettings, Level } from '../model/result.ts';
import type { ContractCase } from './case.ts';
import { findProblems } from './check-options.ts';
import { chooseCases, findMisnamed, findMisnamedDifferences } from './choose-cases.ts';
import { defaultJournalFolder } from './claim-tracker.ts';
import { usualSettleMs, usualTimeoutMs } from './limits.ts';
import { longestExploration } from './option-specs.ts';
import { type Problem, toProblemError } from './problems.ts';
import { findUnused } from './unused-options.ts';

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

/** Throws an EmulatorError that names all that is impossible or without effect. */
export const toSettings = (options: ContractOptions, allCases: readonly ContractCase[]): Settings => {
  const settings = readOptions(options, allCases);
  if ('problems' in settings) throw toProblemError('run the contract', settings.problems);
  return settings;
};

/** The settings, or all that is wrong with the options. What makes sense only once the rest does is looked at then. */
export const readOptions = (
  options: ContractOptions,
  allCases: readonly ContractCase[],
): Settings | { readonly problems: readonly Problem[] } => {
  const impossible = findProblems(options);
  if (impossible.length > 0) return { problems: impossible };
  const url = new URL(options.url);
  // Where by default no other caller's work can be hurt.
  const isLocal = isLoopback(url.hostname);
  const { level = isLocal ? 'disruptive' : 'claim', only = [], skip = [] } = options;
  const exploration = toExploration(options, level);
  const choice = { level, only, skip, exploreSeconds: exploration.exploreSeconds };
  const cases = chooseCases(allCases, choice);
  const misnamed = findMisnamed(allCases, choice, cases);
  const problems = [
    ...findRepeated(options),
    ...misnamed,
    ...findMisnamedDifferences(allCases, options.knownDifferences ?? []),
    ...(misnamed.length > 0 ? [] : findUnused(options, { level, cases })),
  ];
  if (problems.length > 0) return { problems };
  return {
    ...options,
    url,
    isLoopback: isLocal,
    level,
    requestTimeoutMs: options.requestTimeoutMs ?? usualTimeoutMs,
    settleMs: options.settleMs ?? usualSettleMs,
    ...exploration,
    ledgerFolder: options.ledgerFolder ?? defaultJournalFolder(),
    cases,
  };
};

/** Each container is one thing, and has one Host header. */
const findRepeated = ({ containers, nonFunctionContainer: other, linked }: ContractOptions): readonly Problem[] => {
  const { hosts = [] } = linked ?? {};
  const repeated = new Set(hosts.filter((host, index) => hosts.indexOf(host) !== index));
  const twice = new Set(containers.filter((id, index) => containers.indexOf(id) !== index));
  return [
    ...[...twice].map((id) => ({ reason: `container ${id} is given twice`, advice: 'Give each once' })),
    ...[...repeated].map((host) => ({ reason: `host ${host} is given twice`, advice: 'Give each function its own' })),
    ...(hosts.length > containers.length
      ? [{ reason: `${hosts.length} hosts are given for ${containers.length} functions`, advice: 'Give one for each' }]
      : []),
    ...(other !== undefined && containers.includes(other)
      ? [{ reason: `container ${other} is given as a function and as none`, advice: 'Give it as what it is' }]
      : []),
  ];
};

const usualExploration: { readonly [Name in Level]: number } = { probe: 0, claim: 5, lifecycle: 10, disruptive: 20 };

const toExploration = ({ exploreSeconds, seed, advanceClock }: ContractOptions, level: Level) => {
  // Where no lease is waited for, much is seen in little time.
  const most = advanceClock === undefined ? longestExploration : usualWithMovedClock;
  const usual = Math.min(usualExploration[level], most);
  return { exploreSeconds: exploreSeconds ?? usual, seed: seed ?? randomInt(2 ** 32) };
};

const usualWithMovedClock = 5;

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
  linked: settings.linked ?? null,
  bounds: settings.bounds ?? {},
  requestTimeoutMs: settings.requestTimeoutMs,
  settleMs: settings.settleMs,
  exploreSeconds: settings.exploreSeconds,
  seed: settings.seed,
  strict: settings.strict ?? false,
  knownDifferences: settings.knownDifferences ?? [],
  sources: settings.sources ?? {},
});
