import { admit } from './claims.ts';
import type { Exit, PublishedPorts } from './commands.ts';
import type { EndedClaim, Instance, InstanceState } from './pool.ts';
import { replyReleased, stop } from './runs.ts';
import type { PooledInstance, SchedulerState } from './state.ts';

const longestRetryMs = 30_000;

/**
 * How long to wait before a container that could not be made is tried again: doubling from half a second to half a
 * minute (our choice).
 */
const retryDelayMs = (attempt: number): number => Math.min(longestRetryMs, 500 * 2 ** (attempt - 1));

export const prepared = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  hot: boolean,
  now: number,
): void => {
  if (!hot) pool.hot.delete(instance);
  if (instance.state.name !== 'preparing') return;
  pool.makeAvailable(instance, now, instance.state.ended, instance.state.attempt);
  scheduler.emitEventFor(instance, 'instance.available', now);
  admit(scheduler, pool, now);
};

export const prepareFailed = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  reason: string,
  now: number,
): void => {
  if (instance.state.name !== 'preparing') return;
  const { attempt, ended } = instance.state;
  retryLater(scheduler, { pool, instance }, { attempt, reason, ended }, now);
  emitErrorFor(scheduler, instance, reason, now);
};

const retryLater = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  failure: Pick<Extract<InstanceState, { name: 'failed' }>, 'attempt' | 'reason' | 'ended'>,
  now: number,
): void => {
  const retry = scheduler.deadlines.add(now + retryDelayMs(failure.attempt), { type: 'prepare-again', instance });
  pool.enter(instance, { name: 'failed', since: now, retry, ...failure });
};

const emitErrorFor = (
  scheduler: SchedulerState,
  { containerId, id: instanceId }: Instance,
  reason: string,
  now: number,
): void => scheduler.emitEvent({ name: 'container.instance.error', at: now, containerId, instanceId, reason });

/**
 * A container that waited to be started is gone: it was removed or killed by hand, or the engine was restarted. It is
 * replaced at once, unless it was itself a replacement and has not stood for long, for then something is wrong with all
 * of them. Under a claim a spawn can do without it (our choice throughout).
 */
export const lost = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  reason: string,
  now: number,
): void => {
  const { state } = instance;
  if (state.name !== 'available' && state.name !== 'claimed') return;
  emitErrorFor(scheduler, instance, reason, now);
  if (state.name === 'claimed') {
    // Assigned, not entered: it is claimed as before.
    instance.state = { ...state, isLost: true };
    return;
  }
  const { ended } = state;
  const attempt = now - state.since < longestRetryMs ? state.attempt : 0;
  if (attempt > 1) return retryLater(scheduler, { pool, instance }, { attempt, reason, ended }, now);
  pool.enter(instance, { name: 'preparing', since: now, attempt: attempt + 1, ended });
  scheduler.prepareNextContainer({ pool, instance });
};

/** Makes at once what would be tried again later. */
export const tryAgain = (scheduler: SchedulerState, now: number): void => {
  for (const pool of scheduler.pools.values()) {
    for (const instance of pool.instances) {
      const { state } = instance;
      if (state.name !== 'failed') continue;
      scheduler.deadlines.callOff(state.retry);
      pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended: state.ended });
      scheduler.prepareNextContainer({ pool, instance });
    }
  }
};

export const prepareAgain = (scheduler: SchedulerState, { pool, instance }: PooledInstance, now: number): void => {
  if (instance.state.name !== 'failed') return;
  const { attempt, ended } = instance.state;
  pool.enter(instance, { name: 'preparing', since: now, attempt: attempt + 1, ended });
  scheduler.prepareNextContainer({ pool, instance });
};

export const started = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  publishedPorts: PublishedPorts,
  now: number,
): void => {
  if (instance.state.name !== 'starting') return;
  const { token, claimedAt, spawner, releaser } = instance.state;
  const { containerId, id: instanceId } = instance;
  scheduler.emitEvent({ name: 'instance.running', at: now, containerId, instanceId, publishedPorts });
  scheduler.emit({ type: 'reply', ticket: spawner, reply: { type: 'spawned', instanceId, token } });
  if (releaser !== null) {
    return stop(scheduler, { pool, instance }, { token, claimedAt, spawnedAt: now, because: 'release', releaser }, now);
  }
  enterRunning(scheduler, { pool, instance }, { token, claimedAt, spawnedAt: now });
};

export type SpawnedClaim = { readonly token: string; readonly claimedAt: number; readonly spawnedAt: number };

export const enterRunning = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  { token, claimedAt, spawnedAt }: SpawnedClaim,
): void => {
  const { maxRuntimeMs } = pool.spec;
  const runtimeLimit =
    maxRuntimeMs === null
      ? null
      : scheduler.deadlines.add(spawnedAt + maxRuntimeMs, { type: 'runtime-ends', instance });
  pool.enter(instance, { name: 'running', since: spawnedAt, token, claimedAt, runtimeLimit });
};

/** PARITY: where the container cannot start, the claim ends and the instance gets another. */
export const startFailed = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  { reason, engineAway }: { readonly reason: string; readonly engineAway: boolean },
  now: number,
): void => {
  if (instance.state.name !== 'starting') return;
  const { token, claimedAt, spawner, releaser } = instance.state;
  const { containerId, id: instanceId } = instance;
  scheduler.emitEvent({ name: 'container.instance.start.failed', at: now, containerId, instanceId, reason });
  scheduler.reject(spawner, engineAway ? { name: 'not-ready', reason } : { name: 'start-failed', instanceId, reason });
  if (releaser !== null) replyReleased(scheduler, instance, releaser, { token, claimedAt, spawnedAt: null }, now);
  rebuild(scheduler, { pool, instance }, { how: 'released', token }, now);
};

/** Given up, to be removed with force: its caller must not wait for an end that cannot be brought about. */
export const stopFailed = (scheduler: SchedulerState, pooled: PooledInstance, reason: string, now: number): void => {
  emitErrorFor(scheduler, pooled.instance, reason, now);
  exited(scheduler, pooled, { code: null, outOfMemory: false }, now);
};

/** The run is over, by itself or because it was stopped. */
export const exited = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  exit: Exit,
  now: number,
): void => {
  const { state } = instance;
  if (state.name !== 'running' && state.name !== 'stopping') return;
  const { token, claimedAt } = state;
  const { containerId, id: instanceId } = instance;
  scheduler.emitEvent({ name: 'instance.ended', at: now, containerId, instanceId, exit });
  if (state.name === 'running') {
    if (state.runtimeLimit !== null) scheduler.deadlines.callOff(state.runtimeLimit);
    return rebuild(scheduler, { pool, instance }, { how: 'exited', token, claimedAt, spawnedAt: state.since }, now);
  }
  const { spawnedAt, releaser, because } = state;
  if (releaser === null) {
    // A release whose caller went with an earlier process was never answered: it may still come, and be answered once.
    const how = because === 'release' ? 'exited' : 'max-runtime';
    return rebuild(scheduler, { pool, instance }, { how, token, claimedAt, spawnedAt }, now);
  }
  replyReleased(scheduler, instance, releaser, { token, claimedAt, spawnedAt }, now);
  rebuild(scheduler, { pool, instance }, { how: 'released', token }, now);
};

/** The run has lasted `max_runtime`. */
export const stopOverdue = (scheduler: SchedulerState, { pool, instance }: PooledInstance, now: number): void => {
  if (instance.state.name !== 'running') return;
  const { token, claimedAt, since: spawnedAt } = instance.state;
  scheduler.emitEventFor(instance, 'container.instance.function.max_runtime', now);
  stop(scheduler, { pool, instance }, { token, claimedAt, spawnedAt, because: 'max-runtime', releaser: null }, now);
};

/** Every run starts from the image's clean filesystem, so a container that has run is never used again. */
const rebuild = (
  scheduler: SchedulerState,
  { pool, instance }: PooledInstance,
  ended: EndedClaim,
  now: number,
): void => {
  pool.enter(instance, { name: 'preparing', since: now, attempt: 1, ended });
  scheduler.prepareNextContainer({ pool, instance });
  // Its place under max_shard_concurrency is free at once, though its container is not.
  admit(scheduler, pool, now);
};
