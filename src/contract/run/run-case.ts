import { toMessage } from '../../errors.ts';
import type { ContractCase, Need } from '../case.ts';
import type { CaseResult, Check } from '../result.ts';
import { Scenario } from '../scenario.ts';
import { type Outcome, outcomeOfBroken, outcomes } from '../vocabulary.ts';
import { checkGivenBack } from './check-given-back.ts';
import { Broken, Interrupted, Skipped } from './endings.ts';
import { leaseMs } from './holdings.ts';
import type { RunContext } from './run-context.ts';

/** Runs one case, gives back what it holds, and judges it. Never throws. */
export const runCase = async (run: RunContext, contractCase: ContractCase): Promise<CaseResult> => {
  const startedAt = performance.now();
  const scenario = new Scenario(run, contractCase);
  const ending = (await attempt(() => perform(scenario, contractCase))) ?? (await attempt(() => giveBack(scenario)));
  if (ending !== null) await attempt(() => giveBack(scenario));
  scenario.close();
  const { id, requirement, evidence, level, operations, questions } = contractCase;
  const { checks, steps, defects } = scenario;
  const durationMs = Math.round(performance.now() - startedAt);
  return {
    ...{ id, requirement, evidence, level, operations, ...(questions === undefined ? {} : { questions }) },
    ...judge(checks, ending),
    ...{ durationMs, checks, steps, defects: [...defects] },
  };
};

/** What ended the work early; null where nothing did. */
const attempt = async (work: () => Promise<void>): Promise<unknown> => {
  try {
    await work();
    return null;
  } catch (thrown) {
    return thrown ?? new Error('nothing was thrown');
  }
};

const perform = async (scenario: Scenario, { needs = [], run }: ContractCase): Promise<void> => {
  const exceeded = scenario.run.budget.exceeded;
  if (exceeded !== null) throw new Skipped(exceeded);
  for (const need of needs) requireNeed(scenario.run, need);
  await run(scenario);
};

const requireNeed = (run: RunContext, need: Need): void => {
  if (need === 'two-functions' && run.containers.length < 2) throw new Skipped('it needs a second function container');
  if (need === 'callback' && run.callback.obstacle !== null) throw new Skipped(run.callback.obstacle);
  if (need === 'non-function' && run.nonFunctionContainer === undefined) {
    throw new Skipped('it needs the ID of a container that is no function');
  }
};

/** Leaves nothing behind; what the target does not take back stays in the books for the end of the run. */
const giveBack = async (scenario: Scenario): Promise<void> => {
  const { holdings, clock } = scenario.run;
  const own = holdings.all.filter(({ owner }) => owner === scenario.id);
  await Promise.all(
    own.map(async (held) => {
      const { container, instance, token, phase, grantedAt } = held;
      const body = { token, instance_id: instance };
      const reply = await scenario.trySend({ operation: 'releaseInstance', container, body });
      if (reply.failure === undefined) await checkGivenBack(scenario, held, reply);
      const isOver = phase === 'claimed' && clock.now() - grantedAt > leaseMs;
      if (isOver && reply.failure === undefined) holdings.drop(container, instance, token);
    }),
  );
};

const judge = (checks: readonly Check[], ending: unknown): { outcome: Outcome; message: string } => {
  const broken = checks.filter(({ met }) => !met);
  const worst = outcomes.find((outcome) => broken.some(({ evidence }) => outcomeOfBroken[evidence] === outcome));
  const isOwnFault = ending !== null && ![Skipped, Broken, Interrupted].some((known) => ending instanceof known);
  if (isOwnFault) return { outcome: 'error', message: `The suite failed: ${toMessage(ending)}` };
  // A case that was cut short after it had found something has found it all the same.
  if (worst !== undefined) return { outcome: worst, message: describeBroken(broken, worst) };
  if (ending instanceof Skipped || ending instanceof Interrupted) return { outcome: 'skip', message: ending.message };
  return { outcome: 'pass', message: '' };
};

const describeBroken = (broken: readonly Check[], worst: Outcome): string => {
  const [first, ...others] = broken.filter(({ evidence }) => outcomeOfBroken[evidence] === worst);
  if (first === undefined) return '';
  const where = first.operation === undefined ? '' : `${first.operation}: `;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${where}${first.rule} Expected ${first.expected}; came ${first.came}${more}`;
};
