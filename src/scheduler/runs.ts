import { leaseMs, makeFree } from './claims.ts';
import type { Command } from './commands.ts';
import type { EndedClaim, HeldClaim, Instance, InstanceState, Ticket } from './pool.ts';
import type { Rejection } from './rejections.ts';
import type { SchedulerState } from './state.ts';

/** Starts the claimed instance's container; the answer comes with `started` or `start-failed` (documented). */
export const spawn = (scheduler: SchedulerState, command: Extract<Command, { type: 'spawn' }>): void => {
  const { containerId, ticket, token, variables } = command;
  const instance = scheduler.findInstance(containerId, command.instanceId);
  if ('name' in instance) return scheduler.reject(ticket, instance);
  const { id: instanceId, generation, pool, state } = instance;
  if (state.name !== 'claimed' || state.token !== token) {
    return scheduler.reject(ticket, whyNotSpawn(instance, token));
  }
  const { lease, since: claimedAt } = state;
  scheduler.deadlines.callOff(lease);
  const kept = pool.spec.keepsVariables ? { variables } : {};
  const claim = { token, claimedAt, ...kept };
  pool.enter(instance, { name: 'starting', since: scheduler.now, ...claim, spawner: ticket, releaser: null });
  scheduler.emitFor(instance, { name: 'instance.starting' });
  scheduler.ask({ type: 'start', instanceId, generation, variables });
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

/** Ends a claim and its run. PARITY: answered once nothing runs any more, and a second release is refused. */
export const release = (scheduler: SchedulerState, command: Extract<Command, { type: 'release' }>): void => {
  const instance = scheduler.findInstance(command.containerId, command.instanceId);
  const { ticket, token } = command;
  if ('name' in instance) return scheduler.reject(ticket, instance);
  const { id: instanceId, pool, state } = instance;
  if (state.name === 'preparing' || state.name === 'available' || state.name === 'failed') {
    return releaseEnded(scheduler, instance, state, ticket, token);
  }
  if (state.token !== token) return scheduler.reject(ticket, { name: 'wrong-token', instanceId });
  switch (state.name) {
    case 'claimed': {
      if (pool.spec.refusesUnspawnedRelease) return scheduler.reject(ticket, { name: 'not-spawned', instanceId });
      scheduler.deadlines.callOff(state.lease);
      const ended = replyReleased(scheduler, instance, ticket, { token, claimedAt: state.since, spawnedAt: null });
      return makeFree(scheduler, instance, ended);
    }
    case 'running': {
      if (state.runtimeLimit !== null) scheduler.deadlines.callOff(state.runtimeLimit);
      const { claimedAt, since: spawnedAt } = state;
      return stop(scheduler, instance, { token, claimedAt, spawnedAt, because: 'release', releaser: ticket });
    }
    case 'starting':
    case 'stopping':
      // The first release waits for the end of what is under way; a second one comes too late.
      if (state.releaser !== null) return scheduler.reject(ticket, { name: 'already-released', instanceId });
      pool.enter(instance, { ...state, releaser: ticket });
  }
};

/** Asks a running instance to stop; `exited` will answer the releaser, if there is one. */
export const stop = (
  scheduler: SchedulerState,
  instance: Instance,
  run: Omit<Extract<InstanceState, { name: 'stopping' }>, 'name' | 'since'>,
): void => {
  instance.pool.enter(instance, { name: 'stopping', since: scheduler.now, ...run });
  scheduler.emitFor(instance, { name: 'instance.stopping' });
  const { id: instanceId, generation } = instance;
  scheduler.ask({ type: 'stop', instanceId, generation, hasFailed: run.because === 'unhealthy' });
};

/** PARITY: a run that ended by itself may still be released, once, until its instance is claimed again. */
const releaseEnded = (
  scheduler: SchedulerState,
  instance: Instance,
  state: Extract<InstanceState, { name: 'preparing' | 'available' | 'failed' }>,
  ticket: Ticket,
  token: string,
): void => {
  const { id: instanceId, pool } = instance;
  const { ended } = state;
  if (ended?.token === token) {
    if (ended.how === 'released' && ended.times !== undefined) {
      return scheduler.reply(ticket, { type: 'released', instanceId, ...ended.times });
    }
    const hasRun = ended.how === 'exited' || ended.how === 'max-runtime';
    if (hasRun && !pool.spec.refusesReleaseAfterExit) {
      // Assigned, not entered: its place among the available instances stays what it was.
      instance.state = { ...state, ended: replyReleased(scheduler, instance, ticket, ended) };
      scheduler.changed.add(instance);
      return;
    }
  }
  scheduler.reject(ticket, whyClaimIsOver(instance, ended, token));
};

/** Answers what is to be remembered of the claim. */
export const replyReleased = (
  scheduler: SchedulerState,
  { id: instanceId, pool }: Instance,
  ticket: Ticket,
  { token, claimedAt, spawnedAt }: HeldClaim & { readonly spawnedAt: number | null },
): EndedClaim => {
  const times = { claimedAt, spawnedAt, releasedAt: scheduler.now };
  scheduler.reply(ticket, { type: 'released', instanceId, ...times });
  return { how: 'released', token, ...(pool.spec.takesSecondRelease ? { times } : {}) };
};
