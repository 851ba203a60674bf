import { containerId, start } from '../../scripts/situations.ts';
import type { Effect, Reply } from '../../src/scheduler/commands.ts';
import type { Scheduler } from '../../src/scheduler/scheduler.ts';
import type { InstanceId } from '../../src/shared/ids.ts';

/** What callers are answered, by their tickets. */
export const repliesIn = (effects: readonly Effect[]): Record<number, Reply> =>
  Object.fromEntries(effects.flatMap((effect) => (effect.type === 'reply' ? [[effect.ticket, effect.reply]] : [])));

/** Why a caller is refused; the type of its answer where it is not. */
export const rejectionIn = (effects: readonly Effect[], ticket: number): string | undefined => {
  const reply = repliesIn(effects)[ticket];
  return reply?.type === 'rejected' ? reply.rejection.name : reply?.type;
};

/** Claims, and gives the answer; undefined for a claim in line. */
export const claimAt = (scheduler: Scheduler, ticket: number, at = start, token = 'token'): Reply | undefined =>
  repliesIn(scheduler.apply({ type: 'claim', ticket, containerId, token }, at))[ticket];

/** Spawns the instance, which then runs. */
export const runOf = (scheduler: Scheduler, id: InstanceId, at = start): void => {
  const generation = scheduler.instance(id)?.generation ?? 0;
  scheduler.apply({ type: 'spawn', ticket: -1, containerId, instanceId: id, token: 'token', variables: {} }, at);
  scheduler.apply({ type: 'started', instanceId: id, generation, publishedPorts: {} }, at);
};

/** The run of the instance ends by itself. */
export const exit = (scheduler: Scheduler, id: InstanceId, at = start): readonly Effect[] => {
  const generation = scheduler.instance(id)?.generation ?? 0;
  return scheduler.apply({ type: 'exited', instanceId: id, generation, exit: { code: 0, outOfMemory: false } }, at);
};
