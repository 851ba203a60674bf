import { giveBack, leaseMs } from './claims.ts';
import type { Command } from './commands.ts';
import type { EndedClaim, Instance, InstanceState, Ticket } from './pool.ts';
import type { Rejection } from './rejections.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

/** Starts the claimed instance's container; the answer comes with `started` or `start-failed` (documented). */
export const spawn = (scheduler: SchedulerState, command: Extract<Command, { type: 'spawn' }>, now: number): void => {
  const pooled = scheduler.findInstance(command.containerId, command.instanceId);
  if ('name' in pooled) return scheduler.reject(command.ticket, pooled);
  const { pool, instance } = pooled;
  const { state } = instance;
  if (state.name !== 'claimed' || state.token !== command.token) {
    return scheduler.reject(command.ticket, whyNotSpawn(instance, command.token));
  }
  scheduler.deadlines.callOff(state.lease);
  pool.enter(instance, {
    name: 'starting',
    since: now,
    token: state.token,
    claimedAt: state.since,
    spawner: command.ticket,
    releaser: null,
  });
  scheduler.emit({
    type: 'start',
    instanceId: instance.id,
    generation: instance.generation,
    variables: command.variables,
  });
};

const whyNotSpawn = (instance: Instance, token: string): Rejection => {
  const { state, id: instanceId } = instance;
  switch (state.name) {
    case 'preparing':
    case 'available':
    case 'failed':
      return whyClaimIsOver(instance, state.ended, token);
    case 'claimed':
      return { name: 'wrong-token', instanceId };
    case 'starting':
    case 'running':
    case 'stopping':
      return state.token === token ? { name: 'already-spawned', instanceId } : { name: 'wrong-token', instanceId };
  }
};

/** The answer to a caller that comes too late, or never had a claim. */
const whyClaimIsOver = (instance: Instance, ended: EndedClaim | null, token: string): Rejection => {
  const { id: instanceId } = instance;
  if (ended === null || ended.token !== token) return { name: 'not-claimed', instanceId };
  switch (ended.how) {
    case 'expired':
      return { name: 'claim-expired', instanceId, leaseMs };
    case 'released':
      return { name: 'already-released', instanceId };
    case 'exited':
    case 'max-runtime':
      return { name: 'run-ended', instanceId };
  }
};

type ReleaseCommand = Extract<Command, { type: 'release' }>;
type Claim = { readonly token: string; readonly claimedAt: number; readonly spawnedAt: number | null };

/** Ends a claim and its run. PARITY: answered once nothing runs any more, and a second release is refused. */
export const release = (scheduler: SchedulerState, command: ReleaseCommand, now: number): void => {
  const pooled = scheduler.findInstance(command.containerId, command.instanceId);
  const { ticket, token } = command;
  if ('name' in pooled) return scheduler.reject(ticket, pooled);
  const { pool, instance } = pooled;
  const { state } = instance;
  if (state.name === 'preparing' || state.name === 'available' || state.name === 'failed') {
    return releaseEnded(scheduler, instance, state, command, now);
  }
  if (state.token !== token) return scheduler.reject(ticket, { name: 'wrong-token', instanceId: instance.id });
  switch (state.name) {
    case 'claimed':
      scheduler.deadlines.callOff(state.lease);
      replyReleased(scheduler, instance, ticket, { token, claimedAt: state.since, spawnedAt: null }, now);
      return giveBack(scheduler, pooled, state, { how: 'released', token }, now);
    case 'running': {
      if (state.runtimeLimit !== null) scheduler.deadlines.callOff(state.runtimeLimit);
      const { claimedAt, since: spawnedAt } = state;
      return stop(scheduler, pooled, { token, claimedAt, spawnedAt, because: 'release', releaser: ticket }, now);
    }
    case 'starting':
    case 'stopping':
      // The first release waits for the end of what is under way; a second one comes too late.
      if (state.releaser !== null)
        return scheduler.reject(ticket, { name: 'already-released', instanceId: instance.id });
      pool.enter(instance, { ...state, releaser: ticket });
  }
};

/** Asks a running instance to stop; `exited` will answer the releaser, if there is one. */
export const stop = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  run: Omit<Extract<InstanceState, { name: 'stopping' }>, 'name' | 'since'>,
  now: number,
): void => {
  pool.enter(instance, { name: 'stopping', since: now, ...run });
  scheduler.emitEventFor(instance, 'instance.stopping', now);
  scheduler.emit({ type: 'stop', instanceId: instance.id, generation: instance.generation });
};

/** PARITY: a run that ended by itself may still be released, once, until its instance is claimed again. */
const releaseEnded = (
  scheduler: SchedulerState,
  instance: Instance,
  state: Extract<InstanceState, { name: 'preparing' | 'available' | 'failed' }>,
  { ticket, token }: ReleaseCommand,
  now: number,
): void => {
  const { ended } = state;
  if (ended === null || ended.token !== token || ended.how === 'expired' || ended.how === 'released') {
    return scheduler.reject(ticket, whyClaimIsOver(instance, ended, token));
  }
  // Assigned, not entered: its place among the available instances stays what it was.
  instance.state = { ...state, ended: { how: 'released', token } };
  scheduler.changed.add(instance);
  replyReleased(scheduler, instance, ticket, ended, now);
};

export const replyReleased = (
  scheduler: SchedulerState,
  instance: Instance,
  ticket: Ticket,
  { token, claimedAt, spawnedAt }: Claim,
  now: number,
): void => {
  const reply = { type: 'released', instanceId: instance.id, token, claimedAt, spawnedAt, releasedAt: now } as const;
  scheduler.emit({ type: 'reply', ticket, reply });
};
