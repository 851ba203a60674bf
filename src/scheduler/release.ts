import { giveBack } from './claim.ts';
import type { Command } from './commands.ts';
import type { Instance, InstanceState, Ticket } from './instance.ts';
import { whyClaimIsOver } from './spawn.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

type ReleaseCommand = Extract<Command, { type: 'release' }>;
type Claim = { readonly token: string; readonly claimedAt: number; readonly spawnedAt: number | null };

/** Ends a claim and its run. PARITY: answered once nothing runs any more, and a second release is refused. */
export const release = (known: SchedulerState, command: ReleaseCommand, now: number): void => {
  const pooled = known.pooledOf(command.containerId, command.instanceId);
  const { ticket, token } = command;
  if ('name' in pooled) return known.reject(ticket, pooled);
  const { pool, instance } = pooled;
  const { state } = instance;
  if (state.name === 'preparing' || state.name === 'available' || state.name === 'failed') {
    return releaseEnded(known, instance, state, command, now);
  }
  if (state.token !== token) return known.reject(ticket, { name: 'wrong-token', instanceId: instance.id });
  switch (state.name) {
    case 'claimed':
      known.deadlines.callOff(state.lease);
      replyReleased(known, instance, ticket, { token, claimedAt: state.since, spawnedAt: null }, now);
      return giveBack(known, pooled, state, { how: 'released', token }, now);
    case 'running': {
      if (state.runtimeLimit !== null) known.deadlines.callOff(state.runtimeLimit);
      const { claimedAt, since: spawnedAt } = state;
      return stop(known, pooled, { token, claimedAt, spawnedAt, because: 'release', releaser: ticket }, now);
    }
    case 'starting':
    case 'stopping':
      // The first release waits for the end of what is under way; a second one comes too late.
      if (state.releaser !== null) return known.reject(ticket, { name: 'already-released', instanceId: instance.id });
      pool.enter(instance, { ...state, releaser: ticket });
  }
};

/** Asks a running instance to stop; `exited` will answer the releaser, if there is one. */
export const stop = (
  known: SchedulerState,
  { pool, instance }: PooledInstance,
  run: Omit<Extract<InstanceState, { name: 'stopping' }>, 'name' | 'since'>,
  now: number,
): void => {
  pool.enter(instance, { name: 'stopping', since: now, ...run });
  known.emitEventFor(instance, 'instance.stopping', now);
  known.emit({ type: 'stop', instanceId: instance.id, generation: instance.generation });
};

/** PARITY: a run that ended by itself may still be released, once, until its instance is claimed again. */
const releaseEnded = (
  known: SchedulerState,
  instance: Instance,
  state: Extract<InstanceState, { name: 'preparing' | 'available' | 'failed' }>,
  { ticket, token }: ReleaseCommand,
  now: number,
): void => {
  const { ended } = state;
  if (ended === null || ended.token !== token || ended.how === 'expired' || ended.how === 'released') {
    return known.reject(ticket, whyClaimIsOver(instance, ended, token));
  }
  // Assigned, not entered: its place among the available instances stays what it was.
  instance.state = { ...state, ended: { how: 'released', token } };
  known.changed.add(instance);
  replyReleased(known, instance, ticket, ended, now);
};

export const replyReleased = (
  known: SchedulerState,
  instance: Instance,
  ticket: Ticket,
  { token, claimedAt, spawnedAt }: Claim,
  now: number,
): void => {
  const reply = { type: 'released', instanceId: instance.id, token, claimedAt, spawnedAt, releasedAt: now } as const;
  known.emit({ type: 'reply', ticket, reply });
};
