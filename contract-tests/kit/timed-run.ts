import type { Answer } from './requests.ts';
import type { Moment, TimedRun } from './run-context.ts';
import type { Scenario } from './scenario.ts';

/** When the answer that has just come was sent: the target’s time where the suite has moved it on. */
export const dateOf = ({ run: { clock } }: Scenario, { headers }: Answer): number =>
  Date.parse(headers['date'] ?? '') + clock.now() - performance.now();

export const momentOf = (s: Scenario, answer: Answer): Moment => ({ at: s.run.clock.now(), dated: dateOf(s, answer) });

/** After the release of a run: a case that comes later looks at its times. */
export const noteRun = (
  s: Scenario,
  { claimed, spawned }: Pick<TimedRun, 'claimed' | 'spawned'>,
  answer: Answer,
): void => void s.run.timed.push({ owner: s.id, claimed, spawned, released: momentOf(s, answer), answer });
