import { readSchedulerApi } from '../../src/openapi/load.ts';
import { toHeaderText } from '../../src/shared/access-key.ts';
import { lazily } from '../../src/shared/async.ts';
import { version } from '../../src/shared/package.ts';
import { createMemory } from '../inspect/data.ts';
import { createInspection } from '../inspect/inspect-response.ts';
import { createValidators, type Validate } from '../inspect/validators.ts';
import {
  createRedaction,
  type Redaction,
  redactCase,
  redactResult,
  shortestUsualSecret,
  shownAccessKey,
} from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import { type CaseResult, type ContractResult, exitCodes, type Leftover, type Operation } from '../model/result.ts';
import { Callback } from './callback.ts';
import type { ContractCase } from './case.ts';
import { ClaimTracker, Holdings, noJournal, openJournal } from './claim-tracker.ts';
import { cleanUp } from './clean-up.ts';
import { type Address, openConnection } from './connection.ts';
import { findEnoughSeconds } from './enough-seconds.ts';
import {
  collectDefects,
  collectFindings,
  collectUntried,
  countOutcomes,
  type Judgement,
  judgeRun,
  warnOfUnjudged,
} from './judge.ts';
import { Budget, createDeadline, createSuiteClock, Ground, measureLateness } from './limits.ts';
import { checkTarget, findAddress, findContainerObstacle, findLinked, type Preflight } from './preflight.ts';
import { runCase } from './run-case.ts';
import type { RunContext } from './run-context.ts';
import { type Chain, schedule, type Turn } from './schedule.ts';
import { type Settings, toEffectiveSettings, toSettings } from './settings.ts';

/** Once for all runs of the process: compiling the schemas takes longer than many a run. */
const loadValidators = lazily(() => createValidators(readSchedulerApi()));

/**
 * Runs the contract suite against a scheduler and returns the result. Throws an EmulatorError where an option is impossible,
 * and for nothing else: a target that is not there is a verdict.
 */
export const runContract = async (
  options: ContractOptions,
  known: readonly ContractCase[],
): Promise<ContractResult> => {
  const session = await openContract(options, known);
  const { cases, run, settings } = session;
  if (run === null) return await session.finish();
  const [first = '', second = ''] = settings.containers;
  const instances = (): number => run.capacities.get(first) ?? 1;
  const elsewhere = (): number => run.free.get(second) ?? 0;
  let lost: string | null = null;
  for (const together of schedule(cases, run.clock.isMovable, instances, elsewhere)) {
    if (session.ended !== null) break;
    const results = await Promise.all(together.map((chain) => runChain(session, chain)));
    lost = await findLoss(session, results.flat());
    if (lost !== null) break;
  }
  return await session.finish(lost);
};

const runChain = async (session: ContractSession, chain: Chain): Promise<readonly CaseResult[]> => {
  const results: CaseResult[] = [];
  for (const { one, ...turn } of chain) {
    if (session.ended !== null) break;
    results.push(await session.runCase(one, turn));
  }
  return results;
};

/** Short, for it answers whether a port is open, on the same machine or in the same environment. */
const reachableWithinMs = 2_000;

/** Distinguishes a target that is gone from one that does not answer a request. */
const findLoss = async ({ settings }: ContractSession, results: readonly CaseResult[]): Promise<string | null> => {
  const silent = results.find(({ steps }) => steps.some(({ failure }) => failure !== null));
  if (silent === undefined) return null;
  const address = await findAddress(settings.url, Math.min(reachableWithinMs, settings.requestTimeoutMs));
  if (!('reason' in address)) return null;
  return `Failed to reach the scheduler at ${settings.url.href} any longer: ${address.reason}. It was lost in ${silent.id}.`;
};

/** A run of the contract, case by case, for those who run cases inside a test runner of their own. */
export interface ContractSession {
  readonly settings: Settings;
  /** Why there is nothing to run against, in one line; null where there is. */
  readonly obstacle: string | null;
  /** The cases chosen, in their order. */
  readonly cases: readonly ContractCase[];
  readonly run: RunContext | null;
  /** Others may run meanwhile where each keeps to its share of the instances; all there are without it. */
  runCase(one: ContractCase, turn?: Omit<Turn, 'one'>): Promise<CaseResult>;
  /** Why no further case should begin; null while one may. */
  readonly ended: string | null;
  /** Gives everything back and sums up. Once. */
  finish(lost?: string | null): Promise<ContractResult>;
}

/** `known` are all cases there are. Throws an EmulatorError where an option is impossible. `obstacle` reports a target that is not there. */
export const openContract = async (
  options: ContractOptions,
  known: readonly ContractCase[],
): Promise<ContractSession> => {
  const settings = toSettings(options, known);
  const startedAt = new Date().toISOString();
  const begunAt = performance.now();
  const redaction = createRedaction();
  const accessKey = toHeaderText(settings.accessKey);
  for (const secret of [settings.accessKey, accessKey]) redaction.hide(secret, shownAccessKey);
  const hasExchanges = settings.accessKey.length >= shortestUsualSecret;
  const shortKeyWarnings = hasExchanges ? [] : [shortKeyWarning];
  const description = readSchedulerApi();
  const { url, level, cases } = settings;
  const [container = ''] = settings.containers;
  const timeoutMs = Math.min(10_000, settings.requestTimeoutMs);
  const preflight = await checkTarget({ url, accessKey, container, timeoutMs });
  const linked = preflight.isReady ? await findLinked(settings.linked, timeoutMs) : null;
  const obstacle = preflight.isReady
    ? (linked?.obstacle ?? (await findContainerObstacle({ ...settings, accessKey }, preflight.address)))
    : `Failed to reach a scheduler at ${url.href}: ${preflight.reason}. ${preflight.advice}.`;
  const resources = new AsyncDisposableStack();
  const run =
    preflight.isReady && obstacle === null
      ? createContext(
          { ...settings, accessKey },
          { begunAt, address: preflight.address, linked, validate: loadValidators(), redaction },
          resources,
        )
      : null;
  const results: CaseResult[] = [];
  const { onProgress = () => {}, knownDifferences = [] } = settings;
  if (run !== null) onProgress({ type: 'target', url: redaction.text(url.href), level, cases: cases.length });
  const isInterrupted = (): boolean => settings.signal?.aborted ?? false;
  const whyEnded = (): string | null => {
    if (isInterrupted()) return 'the run was asked to stop';
    return run?.deadline.passed ?? run?.ground.gone ?? null;
  };

  // All is decided here, before any of it is redacted or formatted.
  const finish = async (lost: string | null = null): Promise<ContractResult> => {
    const endedBy = lost ?? whyEnded();
    const spentMs = performance.now() - begunAt;
    const leftovers: readonly Leftover[] = run === null ? [] : await giveAllBack(run, settings);
    await resources.disposeAsync();
    const untried = run === null ? [] : collectUntried(cases, results, run.untried, endedBy);
    const enoughSeconds = run === null ? null : findEnoughSeconds(run, settings, { results, untried, spentMs });
    const summary = {
      ...{ cases: results, leftovers, untried, lost, enoughSeconds, hasSucceeded: hasSucceeded(preflight, run) },
      ...{ isStrict: settings.strict ?? false, isInterrupted: isInterrupted() },
      accepted: new Set(knownDifferences.map(({ id }) => id)),
    };
    const judgement: Judgement = obstacle === null ? judgeRun(summary) : { verdict: 'unreachable', message: obstacle };
    const result: ContractResult = {
      ...judgement,
      exitCode: exitCodes[judgement.verdict],
      startedAt,
      durationMs: Math.round(performance.now() - begunAt),
      suite: { version, apiVersion: description.info.version },
      target: { url: url.href, address: preflight.isReady ? preflight.address.address : null },
      settings: toEffectiveSettings(settings),
      warnings: [...shortKeyWarnings, ...(run === null ? [] : warnOfUnjudged(knownDifferences, results))],
      findings: collectFindings(results),
      untried,
      counts: countOutcomes(results),
      cases: results,
      defects: collectDefects(results),
      answers: Object.fromEntries(run?.answers ?? []),
      leftovers,
    };
    return redactResult(redaction, result, hasExchanges);
  };

  return {
    settings,
    obstacle: obstacle === null ? null : redaction.text(obstacle),
    cases,
    run,
    get ended() {
      return whyEnded();
    },
    runCase: async (one, { share, elsewhere } = { share: Number.POSITIVE_INFINITY }) => {
      if (run === null) throw new Error('there is no target to run a case against');
      onProgress({ type: 'case-started', id: one.id, requirement: one.requirement });
      const place = { ...run, share, containers: run.containers.slice(elsewhere ? 1 : 0) };
      const result = await runCase(place, one, knownDifferences);
      results.push(result);
      const shown = redactCase(redaction, result, hasExchanges);
      onProgress({ type: 'case-ended', case: shown });
      return shown;
    },
    finish,
  };
};

const hasSucceeded = (preflight: Preflight, run: RunContext | null): boolean =>
  (preflight.isReady && preflight.hasSucceeded) || (run !== null && run.succeeded.size > 0);

const shortKeyWarning = `The access key has fewer than ${shortestUsualSecret} characters: other texts may contain it by chance, so reports leave out headers and bodies.`;

const giveAllBack = async (run: RunContext, { onProgress = () => {} }: Settings): Promise<readonly Leftover[]> => {
  const { holdings, accessKey, clock } = run;
  if (holdings.all.length > 0) onProgress({ type: 'cleaning', open: holdings.all.length });
  const connection = run.connect();
  const { leftovers } = await cleanUp(holdings, { accessKey, clock, connection });
  connection.close();
  return leftovers;
};

type Tools = {
  /** By `performance.now()`. */
  readonly begunAt: number;
  readonly address: Address;
  readonly linked: RunContext['linked'];
  readonly validate: Validate;
  readonly redaction: Redaction;
};

/** What the cases of a run share; `resources` ends it. Throws an EmulatorError where the journal cannot be kept. */
const createContext = (
  settings: Settings,
  { begunAt, address, linked, validate, redaction }: Tools,
  resources: AsyncDisposableStack,
): RunContext => {
  const { url, accessKey, requestTimeoutMs, settleMs, bounds = {} } = settings;
  const lateness = resources.use(measureLateness());
  const clock = createSuiteClock(settings.advanceClock, () => lateness.ms);
  const holdings = new Holdings();
  const journal = settings.ledgerFolder === false ? noJournal : openJournal(settings.ledgerFolder, url.href);
  // What could not be given back stays in the journal for `contract cleanup`.
  resources.defer(() => {
    if (holdings.all.length === 0) journal.discard();
  });
  return {
    accessKey,
    containers: settings.containers,
    nonFunctionContainer: settings.nonFunctionContainer,
    settleMs,
    requestTimeoutMs,
    url: url.href,
    sources: settings.sources,
    exploration: { seconds: settings.exploreSeconds, seed: settings.seed, level: settings.level },
    endsByItself: settings.endsByItself ?? false,
    expected: {
      reached: new Set(settings.cases.flatMap(({ operations }) => operations)),
      succeeded: new Set(settings.cases.flatMap(operationsThatSucceed)),
    },
    isExclusive: settings.isLoopback || settings.level === 'disruptive',
    clock,
    linked,
    callback: resources.use(new Callback(settings.callback, settings.isLoopback)),
    holdings,
    tracker: new ClaimTracker({ holdings, journal, clock }),
    budget: new Budget(bounds),
    ground: new Ground(settleMs),
    deadline: createDeadline(
      bounds,
      { isMovable: clock.isMovable, exploreSeconds: settings.exploreSeconds },
      performance.now() - begunAt,
    ),
    redaction,
    inspect: createInspection({ validate, memory: createMemory(), accessKey }),
    signal: settings.signal ?? new AbortController().signal,
    running: new Set(),
    untried: new Map(),
    lapsed: [],
    timed: [],
    apart: new Map(),
    dry: new Set(),
    lastHangUp: { at: Number.NEGATIVE_INFINITY },
    earlier: { mayHoldAll: true },
    share: Number.POSITIVE_INFINITY,
    reached: new Set(),
    succeeded: new Set(),
    missing: new Set(),
    answers: new Map(),
    capacities: new Map(),
    free: new Map(),
    connect: () => openConnection({ url, address, timeoutMs: requestTimeoutMs, lateMs: clock.lateMs }),
  };
};

const ofRuns: readonly Operation[] = ['spawnInstance', 'releaseInstance'];

/** Below `lifecycle` no case starts an instance, and what was never started need not be taken back. */
const operationsThatSucceed = ({ level, operations }: ContractCase): readonly Operation[] => {
  if (level === 'probe') return [];
  return level === 'claim' ? operations.filter((operation) => !ofRuns.includes(operation)) : operations;
};
