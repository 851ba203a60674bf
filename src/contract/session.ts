import { allCases } from '../../contract-tests/suites/all.ts';
import { loadApiDescription } from '../openapi/load.ts';
import { version } from '../version.ts';
import { createCallback } from './callback/callback.ts';
import type { ContractCase } from './case.ts';
import { createInspection } from './inspect/inspect-response.ts';
import { createMemory } from './inspect/memory.ts';
import { createValidators } from './inspect/validators.ts';
import type { ContractOptions } from './options.ts';
import { createRedaction, shownAccessKey } from './redaction.ts';
import type { CaseResult, ContractResult, Leftover } from './result.ts';
import { Books } from './run/books.ts';
import { createBudget } from './run/budget.ts';
import { cleanUp } from './run/clean-up.ts';
import { Holdings } from './run/holdings.ts';
import { collectDefects, countOutcomes, type Judgement, judgeRun } from './run/judge.ts';
import { noLedger, openLedger } from './run/ledger.ts';
import { createPatience } from './run/patience.ts';
import { runAndTell } from './run/run-cases.ts';
import type { RunContext } from './run/run-context.ts';
import { type Settings, toEffectiveSettings, toSettings } from './run/settings.ts';
import { createSuiteClock } from './run/suite-clock.ts';
import { openConnection } from './target/connection.ts';
import { checkTarget, type Preflight } from './target/preflight.ts';
import { toHeaderText } from './target/requests.ts';
import { exitCodes, type Operation } from './vocabulary.ts';

/** A run of the contract, case by case, for those who run cases inside a test runner of their own. */
export interface ContractSession {
  readonly settings: Settings;
  /** Why there is nothing to run against, in one line; null where there is. */
  readonly obstacle: string | null;
  /** The cases chosen, in their order. */
  readonly cases: readonly ContractCase[];
  readonly run: RunContext | null;
  runCase(one: ContractCase): Promise<CaseResult>;
  /** Gives everything back and sums up. Once. */
  finish(lost?: string | null): Promise<ContractResult>;
}

/** Throws an EmulatorError where an option is impossible. A target that is not there is told by `obstacle`. */
export const openContract = async (options: ContractOptions): Promise<ContractSession> => {
  const settings = toSettings(options, allCases);
  const startedAt = new Date().toISOString();
  const begunAt = performance.now();
  const redaction = createRedaction();
  const accessKey = toHeaderText(settings.accessKey);
  for (const secret of [settings.accessKey, accessKey]) redaction.hide(secret, shownAccessKey);
  const description = await loadApiDescription();
  const { url } = settings;
  const preflight = await checkTarget({
    url,
    accessKey,
    container: settings.containers[0] ?? '',
    timeoutMs: Math.min(10_000, settings.requestTimeoutMs),
  });
  const resources = new AsyncDisposableStack();
  const run = preflight.isReady
    ? createRun({ ...settings, accessKey }, preflight, createValidators(description), resources, redaction)
    : null;
  const obstacle = preflight.isReady
    ? null
    : `Failed to reach a scheduler at ${url.href}: ${preflight.reason}. ${preflight.advice}.`;
  const results: CaseResult[] = [];
  const { onProgress = () => {}, knownDifferences = [] } = settings;
  let leftovers: readonly Leftover[] = [];

  const finish = async (lost: string | null = null): Promise<ContractResult> => {
    if (run !== null) leftovers = await giveAllBack(run, settings);
    await resources.disposeAsync();
    const isInterrupted = settings.signal?.aborted ?? false;
    const course = { cases: results, leftovers, isStrict: settings.strict ?? false, isInterrupted, lost };
    const judgement: Judgement = obstacle === null ? judgeRun(course) : { verdict: 'unreachable', message: obstacle };
    return redaction.deep({
      ...judgement,
      exitCode: exitCodes[judgement.verdict],
      startedAt,
      durationMs: Math.round(performance.now() - begunAt),
      suite: { version, apiVersion: description.info.version },
      target: { url: url.href, address: preflight.isReady ? preflight.address.address : null },
      settings: toEffectiveSettings(settings),
      counts: countOutcomes(results),
      cases: results,
      defects: collectDefects(results),
      answers: Object.fromEntries(run?.answers ?? []),
      leftovers,
    });
  };

  return {
    settings,
    obstacle: obstacle === null ? null : redaction.text(obstacle),
    cases: settings.cases,
    run,
    runCase: async (one) => {
      if (run === null) throw new Error('there is no target to run a case against');
      const result = await runAndTell(run, one, { knownDifferences, onProgress });
      results.push(result);
      return result;
    },
    finish,
  };
};

const ofRuns: readonly Operation[] = ['spawnInstance', 'releaseInstance'];

/** Below `lifecycle` no case starts an instance, and what was never started need not be taken back. */
const operationsThatSucceed = ({ level, operations }: ContractCase): readonly Operation[] => {
  if (level === 'probe') return [];
  return level === 'claim' ? operations.filter((operation) => !ofRuns.includes(operation)) : operations;
};

const createRun = (
  settings: Settings,
  { address }: Preflight & { isReady: true },
  validate: ReturnType<typeof createValidators>,
  resources: AsyncDisposableStack,
  redaction: ReturnType<typeof createRedaction>,
): RunContext => {
  const { url, accessKey, requestTimeoutMs, settleMs } = settings;
  const clock = createSuiteClock(settings.advanceClock);
  const holdings = new Holdings();
  const ledger = settings.ledgerFolder === false ? noLedger : openLedger(settings.ledgerFolder, url.href);
  // What could not be given back stays in the ledger for `contract cleanup`.
  resources.defer(() => {
    if (holdings.all.length === 0) ledger.discard();
  });
  return {
    accessKey,
    containers: settings.containers,
    nonFunctionContainer: settings.nonFunctionContainer,
    settleMs,
    url: url.href,
    exploration: { seconds: settings.exploreSeconds, seed: settings.seed, level: settings.level },
    endsByItself: settings.endsByItself ?? false,
    expected: {
      reached: new Set(settings.cases.flatMap(({ operations }) => operations)),
      succeeded: new Set(settings.cases.flatMap(operationsThatSucceed)),
    },
    isExclusive: settings.isLoopback || settings.level === 'disruptive',
    clock,
    callback: resources.use(createCallback(settings.callback, settings.isLoopback)),
    holdings,
    books: new Books({ holdings, ledger, clock }),
    budget: createBudget(settings.bounds ?? {}),
    patience: createPatience(requestTimeoutMs, settleMs),
    redaction,
    inspect: createInspection({ validate, memory: createMemory(), accessKey }),
    signal: settings.signal ?? new AbortController().signal,
    reached: new Set(),
    succeeded: new Set(),
    missing: new Set(),
    answers: new Map(),
    capacities: new Map(),
    connect: () => openConnection({ url, address, timeoutMs: requestTimeoutMs }),
  };
};

const giveAllBack = async (run: RunContext, { onProgress = () => {} }: Settings): Promise<readonly Leftover[]> => {
  const { holdings, accessKey, clock } = run;
  if (holdings.all.length > 0) onProgress({ type: 'cleaning', open: holdings.all.length });
  const connection = run.connect();
  const leftovers = await cleanUp(holdings, { accessKey, clock, connection });
  connection.close();
  return leftovers;
};
