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
import { noLedger } from './run/ledger.ts';
import { runCase } from './run/run-case.ts';
import type { RunContext } from './run/run-context.ts';
import { toEffectiveSettings, toSettings } from './run/settings.ts';
import { createSuiteClock } from './run/suite-clock.ts';
import { openConnection } from './target/connection.ts';
import { checkTarget } from './target/preflight.ts';
import { exitCodes, includesLevel, type Level, type Outcome, outcomes, type Verdict } from './vocabulary.ts';

export type { ContractOptions } from './options.ts';
export type { CaseResult, ContractResult } from './result.ts';

/**
 * Holds a scheduler to the contract and answers what came of it. Throws an EmulatorError where an option is impossible,
 * and for nothing else: a target that is not there is a verdict.
 */
export const runContract = async (options: ContractOptions): Promise<ContractResult> => {
  const settings = toSettings(options);
  const startedAt = new Date().toISOString();
  const begunAt = performance.now();
  const redaction = createRedaction();
  redaction.hide(settings.accessKey, shownAccessKey);
  const { onProgress = () => {}, url, accessKey, requestTimeoutMs } = settings;
  const description = await loadApiDescription();
  const timeoutMs = Math.min(10_000, requestTimeoutMs);
  const preflight = await checkTarget({ url, accessKey, container: settings.containers[0] ?? '', timeoutMs });

  const cases: CaseResult[] = [];
  let leftovers: readonly Leftover[] = [];
  const answers = new Map();
  const finish = (verdict: Verdict, message: string): ContractResult =>
    redaction.deep({
      verdict,
      exitCode: exitCodes[verdict],
      message,
      startedAt,
      durationMs: Math.round(performance.now() - begunAt),
      suite: { version, apiVersion: description.info.version },
      target: { url: url.href, address: preflight.isReady ? preflight.address.address : null },
      settings: toEffectiveSettings(settings),
      counts: count(cases),
      cases,
      defects: [],
      answers: Object.fromEntries(answers),
      leftovers,
    });
  if (!preflight.isReady) {
    return finish(
      'unreachable',
      `Failed to reach the scheduler at ${url.href}: ${preflight.reason}. ${preflight.advice}.`,
    );
  }

  const { address } = preflight;
  const connect = () => openConnection({ url, address, timeoutMs: requestTimeoutMs });
  const clock = createSuiteClock(settings.advanceClock);
  await using callback = createCallback(settings.callback, settings.isLoopback);
  const holdings = new Holdings();
  const budget = createBudget(settings.bounds ?? {});
  const validate = createValidators(description);
  const run: RunContext = {
    accessKey,
    containers: settings.containers,
    nonFunctionContainer: settings.nonFunctionContainer,
    settleMs: settings.settleMs,
    endsByItself: settings.endsByItself ?? false,
    callback,
    isExclusive: settings.isLoopback || settings.level === 'disruptive',
    clock,
    holdings,
    books: new Books({ holdings, ledger: noLedger, clock }),
    budget,
    redaction,
    inspect: createInspection({ validate, memory: createMemory(), accessKey }),
    signal: settings.signal ?? new AbortController().signal,
    reached: new Set(),
    succeeded: new Set(),
    answers,
    capacities: new Map(),
    connect,
  };
  const chosen = choose(allCases, settings.level, settings);
  onProgress({ type: 'target', url: url.href, level: settings.level, cases: chosen.length });
  for (const contractCase of chosen) {
    if (run.signal.aborted) break;
    onProgress({ type: 'case-started', id: contractCase.id, requirement: contractCase.requirement });
    const result = redaction.deep(await runCase(run, contractCase));
    cases.push(result);
    onProgress({ type: 'case-ended', case: result });
  }
  const connection = connect();
  leftovers = await cleanUp(holdings.all, { accessKey, now: clock.now, connection });
  connection.close();
  return finish(...judge(cases, leftovers, run.signal.aborted));
};

const choose = (
  all: readonly ContractCase[],
  level: Level,
  { only = [], skip = [] }: Pick<ContractOptions, 'only' | 'skip'>,
): readonly ContractCase[] => {
  const matches = (id: string, patterns: readonly string[]): boolean => patterns.some((start) => id.startsWith(start));
  return all.filter(
    ({ id, level: own }) => includesLevel(level, own) && (only.length === 0 || matches(id, only)) && !matches(id, skip),
  );
};

const judge = (cases: readonly CaseResult[], leftovers: readonly Leftover[], isAborted: boolean): [Verdict, string] => {
  const having = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;
  if (isAborted) return ['interrupted', 'The run was stopped before its end.'];
  if (having('error') > 0) return ['suite-error', `The suite itself failed in ${having('error')} cases.`];
  if (having('fail') > 0) return ['broken', `The scheduler breaks the contract in ${having('fail')} cases.`];
  if (!cases.some(saysSomethingDocumented)) {
    return ['nothing-said', 'No documented case ran, so nothing is said about the scheduler.'];
  }
  if (leftovers.length > 0) return ['leftovers', `${leftovers.length} instances could not be given back.`];
  return ['conforms', `The scheduler keeps the contract in ${cases.length - having('skip')} cases.`];
};

const saysSomethingDocumented = ({ evidence, outcome, checks }: CaseResult): boolean =>
  outcome !== 'skip' && (evidence === 'documented' || checks.some((check) => check.evidence === 'documented'));

const count = (cases: readonly CaseResult[]): ContractResult['counts'] => {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of cases) counts[outcome] += 1;
  return counts;
};
