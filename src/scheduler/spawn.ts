import type { Command } from './commands.ts';
import type { EndedClaim, Instance } from './instance.ts';
import { leaseMs } from './lease.ts';
import type { Rejection } from './rejections.ts';
import type { SchedulerState } from './state.ts';

/** Starts the claimed instance's container; the answer comes with `started` or `start-failed` (documented). */
export const spawn = (known: SchedulerState, command: Extract<Command, { type: 'spawn' }>, now: number): void => {
  const pooled = known.pooledOf(command.containerId, command.instanceId);
  if ('name' in pooled) return known.reject(command.ticket, pooled);
  const { pool, instance } = pooled;
  const { state } = instance;
  if (state.name !== 'claimed' || state.token !== command.token) {
    return known.reject(command.ticket, whyNotSpawn(instance, command.token));
  }
  known.deadlines.callOff(state.lease);
  pool.enter(instance, {
    name: 'starting',
    since: now,
    token: state.token,
    claimedAt: state.since,
    spawner: command.ticket,
    releaser: null,
  });
  known.emit({ type: 'start', instanceId: instance.id, generation: instance.generation, variables: command.variables });
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
export const whyClaimIsOver = (instance: Instance, ended: EndedClaim | null, token: string): Rejection => {
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
