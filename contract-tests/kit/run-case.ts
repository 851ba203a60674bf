import { toMessage } from '../../src/shared/errors.ts';
import type { KnownDifference } from '../model/options.ts';
import {
  CaseFailed,
  type CaseResult,
  CaseSkipped,
  type Check,
  NotTried,
  type Outcome,
  outcomeOfBroken,
  outcomes,
  Postponed,
  RunInterrupted,
} from '../model/result.ts';
import type { ContractCase, Need } from './case.ts';
import type { Holding } from './claim-tracker.ts';
import { expiryMs, leaseMs } from './limits.ts';
import { type Answer, describe } from './requests.ts';
import { rules } from './rules.ts';
import type { RunContext } from './run-context.ts';
import { Scenario } from './scenario.ts';

/** Longer than any case has reason to take. Where time is moved, it is an engine under load that takes it. */
const longestCaseMs = ({ clock }: RunContext): number => (clock.isMovable ? 180_000 : 45_000);

/** Runs one case, releases its claims and runs, and judges it. Never throws. */
export const runCase = async (
  run: RunContext,
  contractCase: ContractCase,
  known: readonly KnownDifference[] = [],
): Promise<CaseResult> => {
  const startedAt = performance.now();
  const limit = AbortSignal.timeout(longestCaseMs(run));
  const signal = AbortSignal.any([run.signal, run.deadline.signal, limit]);
  const scenario = new Scenario({ ...run, signal }, contractCase);
  const attempt = async (work: () => Promise<void>): Promise<unknown> => {
    try {
      await work();
      return null;
    } catch (thrown) {
      // The signal cut the work short, and each operation reports that in its own way.
      return signal.aborted ? toEnding(run) : (thrown ?? new Error('nothing was thrown'));
    }
  };
  run.running.add(contractCase.id);
  const ending = (await attempt(() => perform(scenario, contractCase))) ?? (await attempt(() => giveBack(scenario)));
  if (ending !== null) await attempt(() => giveBack(scenario));
  scenario.close();
  // What one case is too slow for must not be missing in the next.
  if (limit.aborted) await attempt(() => giveBackOf(run, contractCase));
  run.running.delete(contractCase.id);
  if (ending instanceof Postponed && (await outlastAll(run))) {
    return await runCase({ ...run, share: Number.POSITIVE_INFINITY }, contractCase, known);
  }
  if (ending instanceof NotTried) run.untried.set(contractCase.id, ending.message);
  const { id, requirement, evidence, level, operations, questions } = contractCase;
  const { checks, steps, defects, exploration } = scenario;
  const durationMs = Math.round(performance.now() - startedAt);
  const judgement = judge(checks, ending);
  return {
    ...{ id, requirement, evidence, level, operations, ...(questions === undefined ? {} : { questions }) },
    ...withDifference(
      judgement,
      known.find((difference) => difference.id === id),
    ),
    ...{ durationMs, checks, steps, defects: [...defects], ...(exploration === undefined ? {} : { exploration }) },
  };
};

/** Waits until no claim of an earlier case holds an instance; false where the run is to end before that. */
const outlastAll = async ({ holdings, running, clock, signal, deadline }: RunContext): Promise<boolean> => {
  const left = holdings.all.filter(({ owner, phase }) => phase === 'claimed' && !running.has(owner));
  const last = Math.max(...left.map(({ grantedAt }) => grantedAt));
  const stop = AbortSignal.any([signal, deadline.signal]);
  await clock.pass(Math.max(0, last + expiryMs - clock.now()), stop).catch(() => {});
  return !stop.aborted;
};

const toEnding = (run: RunContext): CaseSkipped | RunInterrupted => {
  if (run.signal.aborted) return new RunInterrupted('the run was asked to stop');
  return new NotTried(run.deadline.passed ?? `the case took longer than ${longestCaseMs(run) / 1_000} s`);
};

const giveBackOf = async (run: RunContext, contractCase: ContractCase): Promise<void> => {
  const scenario = new Scenario({ ...run, signal: AbortSignal.any([run.signal, run.deadline.signal]) }, contractCase);
  await giveBack(scenario).finally(() => scenario.close());
};

const perform = async (scenario: Scenario, { needs = [], run }: ContractCase): Promise<void> => {
  const { ground, deadline } = scenario.run;
  const gone = deadline.passed ?? ground.gone;
  if (gone !== null) throw new NotTried(gone);
  for (const need of needs) requireNeed(scenario.run, need);
  await run(scenario);
};

const requireNeed = (run: RunContext, need: Need): void => {
  if (need === 'two-functions' && run.containers.length < 2)
    throw new CaseSkipped('it needs a second function container');
  if (need === 'callback' && run.callback.obstacle !== null) throw new CaseSkipped(run.callback.obstacle);
  if (need === 'non-function' && run.nonFunctionContainer === undefined) {
    throw new CaseSkipped('it needs the ID of a container that is no function');
  }
  const lacking = lackingOf(need, run);
  if (lacking !== null) throw new CaseSkipped(lacking);
};

const lackingOf = (need: Need, { linked, endsByItself }: RunContext): string | null => {
  if (need === 'linked' && endsByItself) return 'functions that end by themselves serve no requests over HTTP';
  if (need === 'linked' && linked === null)
    return 'no URL is given at which functions are reached over HTTP (--linked-url)';
  if (need === 'second-host' && linked?.hosts?.[1] === undefined)
    return 'it needs the Host headers of two functions (--linked-host)';
  if (need === 'late-host' && linked?.lateHost === undefined)
    return 'it needs a function that listens late (--linked-late-host)';
  if (need === 'silent-host' && linked?.silentHost === undefined)
    return 'it needs a function that never listens (--linked-silent-host)';
  return null;
};

/** Leaves nothing behind; what the target does not take back stays in the tracker for the end of the run. */
const giveBack = async (scenario: Scenario): Promise<void> => {
  const { holdings, clock, expected } = scenario.run;
  const own = holdings.all.filter(({ owner }) => owner === scenario.id);
  await Promise.all(
    own.map(async (held) => {
      const { container, instance, token, phase, grantedAt } = held;
      const body = { token, instance_id: instance };
      const reply = await scenario.trySend({ operation: 'releaseInstance', container, body });
      if (reply.failure === undefined) await checkReleased(scenario, held, reply);
      const isOver = phase === 'claimed' && clock.now() - grantedAt > leaseMs;
      // A scheduler may take back no claim that was never spawned; then it goes by way of a run, where runs are made at all.
      const mayRun = phase === 'claimed' && !isOver && expected.succeeded.has('spawnInstance');
      if (mayRun && reply.failure === undefined && reply.status >= 400 && reply.status < 500) {
        await scenario.trySend({ operation: 'spawnInstance', container, body });
        await scenario.trySend({ operation: 'releaseInstance', container, body });
      }
      if (isOver && reply.failure === undefined) holdings.drop(container, instance, token);
    }),
  );
};

/**
 * Judges the answer to the release of what a case has left behind. That a claim is refused which was never spawned breaks
 * nothing documented, nor does a run that has ended by itself; one that is at work is its caller's to end.
 */
const checkReleased = async (s: Scenario, held: Holding, answer: Answer): Promise<void> => {
  const { phase, mayBeOver, instance } = held;
  if (answer.status === 200 || phase !== 'spawned' || mayBeOver) return;
  if (s.run.endsByItself || s.run.missing.has('getActiveInstances')) return;
  const isGone = await s.becomesListed(held, false);
  const came = `${describe(answer)}, and ${instance} is active`;
  s.check(isGone, { ...rules.releases, expected: '200 to what the case has left behind', came, about: answer });
};

type Judgement = Pick<CaseResult, 'outcome' | 'message'>;

const judge = (checks: readonly Check[], ending: unknown): Judgement => {
  const broken = checks.filter(({ met }) => !met);
  const worst = outcomes.find((outcome) => broken.some(({ evidence }) => outcomeOfBroken[evidence] === outcome));
  const isOwnFault =
    ending !== null && ![CaseSkipped, CaseFailed, RunInterrupted].some((known) => ending instanceof known);
  if (isOwnFault) return { outcome: 'error', message: `The suite failed: ${toMessage(ending)}` };
  // A case that was cut short after it had found something has found it all the same.
  if (worst !== undefined) return { outcome: worst, message: describeBroken(broken, worst) };
  if (ending instanceof CaseSkipped || ending instanceof RunInterrupted)
    return { outcome: 'skip', message: ending.message };
  // What checked nothing has shown nothing.
  if (checks.length === 0) return { outcome: 'skip', message: 'not judged: nothing came about that could be checked' };
  return { outcome: 'pass', message: '' };
};

const describeBroken = (broken: readonly Check[], worst: Outcome): string => {
  const [first, ...others] = broken.filter(({ evidence }) => outcomeOfBroken[evidence] === worst);
  if (first === undefined) return '';
  const where = first.operation === undefined ? '' : `${first.operation}: `;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${where}${first.rule} Expected ${first.expected}; came ${first.came}${more}`;
};

/**
 * A case's outcome as the accepted deviations have it. One that no longer deviates fails: the entry says something about
 * the target that is not so any more, and would hide the next deviation.
 */
const withDifference = (judgement: Judgement, difference: KnownDifference | undefined): Judgement => {
  const { outcome, message } = judgement;
  if (difference === undefined || outcome === 'skip' || outcome === 'error') return judgement;
  const { reason, date, link } = difference;
  const source = link === undefined ? '' : `, ${link}`;
  return outcome === 'pass'
    ? {
        outcome: 'fail',
        message: `No longer different, though accepted on ${date} (${reason}). Remove it from the list.`,
      }
    : { outcome: 'known-difference', message: `${reason} (${date}${source}): ${message}` };
};
