import type { Books, PooledInstance } from './books.ts';
import { giveBack } from './claim.ts';
import type { Command } from './commands.ts';
import type { Instance, InstanceState, Ticket } from './instance.ts';
import { whyClaimIsOver } from './spawn.ts';

type ReleaseCommand = Extract<Command, { type: 'release' }>;
type Claim = { readonly token: string; readonly claimedAt: number; readonly spawnedAt: number | null };

/** Ends a claim and its run. PARITY: answered once nothing runs any more, and a second release is refused. */
export const release = (books: Books, command: ReleaseCommand, now: number): void => {
  const pooled = books.pooledOf(command.containerId, command.instanceId);
  const { ticket, token } = command;
  if ('name' in pooled) return books.reject(ticket, pooled);
  const { pool, instance } = pooled;
  const { state } = instance;
  if (state.name === 'preparing' || state.name === 'available' || state.name === 'failed') {
    return releaseEnded(books, instance, state, command, now);
  }
  if (state.token !== token) return books.reject(ticket, { name: 'wrong-token', instanceId: instance.id });
  switch (state.name) {
    case 'claimed':
      books.deadlines.callOff(state.lease);
      replyReleased(books, instance, ticket, { token, claimedAt: state.since, spawnedAt: null }, now);
      return giveBack(books, pooled, state, { how: 'released', token }, now);
    case 'running': {
      if (state.runtimeLimit !== null) books.deadlines.callOff(state.runtimeLimit);
      const { claimedAt, since: spawnedAt } = state;
      return stop(books, pooled, { token, claimedAt, spawnedAt, because: 'release', releaser: ticket }, now);
    }
    case 'starting':
    case 'stopping':
      // The first release waits for the end of what is under way; a second one comes too late.
      if (state.releaser !== null) return books.reject(ticket, { name: 'already-released', instanceId: instance.id });
      pool.enter(instance, { ...state, releaser: ticket });
  }
};

/** Asks a running instance to stop; `exited` will answer the releaser, if there is one. */
export const stop = (
  books: Books,
  { pool, instance }: PooledInstance,
  run: Omit<Extract<InstanceState, { name: 'stopping' }>, 'name' | 'since'>,
  now: number,
): void => {
  pool.enter(instance, { name: 'stopping', since: now, ...run });
  books.tellOf(instance, 'instance.stopping', now);
  books.emit({ type: 'stop', instanceId: instance.id, generation: instance.generation });
};

/** PARITY: a run that ended by itself may still be released, once, until its instance is claimed again. */
const releaseEnded = (
  books: Books,
  instance: Instance,
  state: Extract<InstanceState, { name: 'preparing' | 'available' | 'failed' }>,
  { ticket, token }: ReleaseCommand,
  now: number,
): void => {
  const { ended } = state;
  if (ended === null || ended.token !== token || ended.how === 'expired' || ended.how === 'released') {
    return books.reject(ticket, whyClaimIsOver(instance, ended, token));
  }
  // Assigned, not entered: its place among the available instances stays what it was.
  instance.state = { ...state, ended: { how: 'released', token } };
  books.changed.add(instance);
  replyReleased(books, instance, ticket, ended, now);
};

export const replyReleased = (
  books: Books,
  instance: Instance,
  ticket: Ticket,
  { token, claimedAt, spawnedAt }: Claim,
  now: number,
): void => {
  const reply = { type: 'released', instanceId: instance.id, token, claimedAt, spawnedAt, releasedAt: now } as const;
  books.emit({ type: 'reply', ticket, reply });
};
