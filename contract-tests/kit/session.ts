import { loadApiDescription } from '../../src/openapi/load.ts';
import { version } from '../../src/shared/package.ts';
import { createValidators } from '../inspect/validators.ts';
import { createRedaction, redactCase, redactResult, shortestUsualSecret, shownAccessKey } from '../model/json.ts';
import type { ContractOptions } from '../model/options.ts';
import {
  type CaseResult,
  type ContractResult,
  exitCodes,
  includesLevel,
  type Leftover,
  type Untried,
} from '../model/result.ts';
import type { ContractCase } from './case.ts';
import { checkContainers } from './check-containers.ts';
import { cleanUp } from './clean-up.ts';
import { type Address, openConnection } from './connection.ts';
import { createRun } from './create-run.ts';
import { toEnoughSeconds } from './enough-seconds.ts';
import { collectFindings } from './findings.ts';
import { collectDefects, collectUntried, countOutcomes, type Judgement, judgeRun } from './judge.ts';
import { warnOfUntold, withKnownDifference } from './known-differences.ts';
import { checkTarget } from './preflight.ts';
import { toHeaderText } from './requests.ts';
import { runCase } from './run-case.ts';
import type { RunContext } from './run-context.ts';
import type { Turn } from './schedule.ts';
import { type Settings, toEffectiveSettings, toSettings } from './settings.ts';

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
  const description = await loadApiDescription();
  const { url } = settings;
  const preflight = await checkTarget({
    url,
    accessKey,
    container: settings.containers[0] ?? '',
    timeoutMs: toPreflightMs(settings),
  });
  const obstacle = preflight.isReady
    ? await findContainerObstacle({ ...settings, accessKey }, preflight.address)
    : `Failed to reach a scheduler at ${url.href}: ${preflight.reason}. ${preflight.advice}.`;
  const resources = new AsyncDisposableStack();
  const run =
    preflight.isReady && obstacle === null
      ? createRun(
          { ...settings, accessKey, begunAt },
          preflight.address,
          createValidators(description),
          resources,
          redaction,
        )
      : null;
  const results: CaseResult[] = [];
  const { onProgress = () => {}, knownDifferences = [] } = settings;
  const { level, cases } = settings;
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
    const untried = run === null ? [] : collectUntried(settings.cases, results, run.untried, endedBy);
    const isStrict = settings.strict ?? false;
    const enoughSeconds = findEnough(run, settings, { results, untried, spentMs });
    const course = {
      ...{ cases: results, leftovers, untried, isStrict, isInterrupted: isInterrupted(), lost, enoughSeconds },
      accepted: new Set(knownDifferences.map(({ id }) => id)),
    };
    const judgement: Judgement = obstacle === null ? judgeRun(course) : { verdict: 'unreachable', message: obstacle };
    const result: ContractResult = {
      ...judgement,
      exitCode: exitCodes[judgement.verdict],
      startedAt,
      durationMs: Math.round(performance.now() - begunAt),
      suite: { version, apiVersion: description.info.version },
      target: { url: url.href, address: preflight.isReady ? preflight.address.address : null },
      settings: toEffectiveSettings(settings),
      warnings: [...shortKeyWarnings, ...(run === null ? [] : warnOfUntold(knownDifferences, results))],
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
    cases: settings.cases,
    run,
    get ended() {
      return whyEnded();
    },
    runCase: async (one, { share, elsewhere } = { share: Number.POSITIVE_INFINITY }) => {
      if (run === null) throw new Error('there is no target to run a case against');
      onProgress({ type: 'case-started', id: one.id, requirement: one.requirement });
      const result = withKnownDifference(
        await runCase({ ...run, share, containers: run.containers.slice(elsewhere ? 1 : 0) }, one),
        knownDifferences,
      );
      results.push(result);
      const shown = redactCase(redaction, result, hasExchanges);
      onProgress({ type: 'case-ended', case: shown });
      return shown;
    },
    finish,
  };
};

const shortKeyWarning = `The access key has fewer than ${shortestUsualSecret} characters: other texts may contain it by chance, so reports leave out headers and bodies.`;

const toPreflightMs = ({ requestTimeoutMs }: Settings): number => Math.min(10_000, requestTimeoutMs);

/** A container that the target does not have is a wrong setting; without this check it would break every case. */
const findContainerObstacle = async (settings: Settings, address: Address): Promise<string | null> => {
  const { url, level, bounds = {} } = settings;
  // Who answers late is asked by the cases: a doubt is no obstacle.
  const connection = openConnection({ url, address, timeoutMs: Math.min(1_000, settings.requestTimeoutMs) });
  // Where claims are counted, those are the cases' own.
  const mayClaim = includesLevel(level, 'claim') && bounds.maxClaims === undefined;
  const problem = await checkContainers({ ...settings, connection, mayClaim }).finally(() => connection.close());
  return problem === null ? null : `Failed to run the contract at ${url.href}: ${problem.reason}. ${problem.advice}.`;
};

/** Null where the time was enough. */
const findEnough = (
  run: RunContext | null,
  { cases, containers, settleMs, exploreSeconds }: Settings,
  { untried, ...course }: { results: readonly CaseResult[]; untried: readonly Untried[]; spentMs: number },
): number | null => {
  if (run === null || run.deadline.passed === null) return null;
  return toEnoughSeconds({
    ...{ chosen: cases, settleMs, exploreSeconds, ...course },
    untried: new Set(untried.flatMap(({ cases: ids }) => ids)),
    instances: run.capacities.get(containers[0] ?? '') ?? 1,
  });
};

const giveAllBack = async (run: RunContext, { onProgress = () => {} }: Settings): Promise<readonly Leftover[]> => {
  const { holdings, accessKey, clock } = run;
  if (holdings.all.length > 0) onProgress({ type: 'cleaning', open: holdings.all.length });
  const connection = run.connect();
  const { leftovers } = await cleanUp(holdings, { accessKey, clock, connection });
  connection.close();
  return leftovers;
};
