import type { Readiness } from '../shared/types.ts';
import { admit, shrinkLater } from './claims.ts';
import type { ContainerEvent, RunEnd } from './commands.ts';
import type { EndedClaim, Instance, InstanceState, SpawnedClaim } from './pool.ts';
import { replyReleased, stop } from './runs.ts';
import type { SchedulerState } from './state.ts';

/** What the runtime reports of the container that an instance has now. */
export const applyContainerEvent = (scheduler: SchedulerState, instance: Instance, event: ContainerEvent): void => {
  switch (event.type) {
    case 'prepared':
      return prepared(scheduler, instance, event.readiness);
    case 'warmed':
      return instance.pool.warmed(instance);
    case 'prepare-failed':
      return prepareFailed(scheduler, instance, event.reason);
    case 'started':
      return started(scheduler, instance, event);
    case 'start-failed':
      return startFailed(scheduler, instance, event);
    case 'unhealthy':
      return endUnhealthy(scheduler, instance, event.reason);
    case 'stop-failed':
      // Given up, to be removed with force: its caller must not wait for an end that cannot be brought about.
      scheduler.emitFor(instance, { name: 'container.instance.error', reason: event.reason });
      return exited(scheduler, instance, { code: null, outOfMemory: false });
    case 'exited':
      return exited(scheduler, instance, event.exit);
    case 'lost':
      return lost(scheduler, instance, event.reason);
  }
};

const longestRetryMs = 30_000;

/**
 * How long to wait before a container that could not be made is tried again: doubling from half a second to half a
 * minute (our choice).
 */
const retryDelayMs = (attempt: number): number => Math.min(longestRetryMs, 500 * 2 ** (attempt - 1));

const prepared = (scheduler: SchedulerState, instance: Instance, readiness: Readiness): void => {
  const { pool, state } = instance;
  instance.readiness = readiness;
  if (readiness !== 'hot') pool.hot.delete(instance);
  if (state.name !== 'preparing') return;
  pool.makeAvailable(instance, scheduler.now, state.ended, state.attempt);
  shrinkLater(scheduler, pool);
  scheduler.emitFor(instance, { name: 'instance.available' });
  admit(scheduler, pool);
};

const prepareFailed = (scheduler: SchedulerState, instance: Instance, reason: string): void => {
  if (instance.state.name !== 'preparing') return;
  retryLater(scheduler, instance, instance.state);
  scheduler.emitFor(instance, { name: 'container.instance.error', reason });
};

type Attempted = Pick<Extract<InstanceState, { name: 'preparing' }>, 'attempt' | 'ended'>;

const retryLater = (scheduler: SchedulerState, instance: Instance, { attempt, ended }: Attempted): void => {
  const { now } = scheduler;
  const retry = scheduler.deadlines.add(now + retryDelayMs(attempt), () => prepareAgain(scheduler, instance));
  instance.pool.enter(instance, { name: 'failed', since: now, attempt, ended, retry });
};

const prepareAgain = (scheduler: SchedulerState, instance: Instance): void => {
  if (instance.state.name !== 'failed') return;
  scheduler.prepare(instance, instance.state.ended, instance.state.attempt + 1);
};

/** Makes at once what would be tried again later. */
export const tryAgain = (scheduler: SchedulerState): void => {
  for (const instance of scheduler.instances.values()) {
    const { state } = instance;
    if (state.name !== 'failed') continue;
    scheduler.deadlines.callOff(state.retry);
    scheduler.prepare(instance, state.ended);
  }
};

/**
 * A container that waited to be started is gone: it was removed or killed by hand, or the engine was restarted. It is
 * replaced at once, unless it was itself a replacement and has not stood for long, for then something is wrong with all
 * of them. Under a claim a spawn can do without it (our choice throughout).
 */
const lost = (scheduler: SchedulerState, instance: Instance, reason: string): void => {
  const { state } = instance;
  if (state.name !== 'available' && state.name !== 'claimed') return;
  scheduler.emitFor(instance, { name: 'container.instance.error', reason });
  if (state.name === 'claimed') {
    // Assigned, not entered: it is claimed as before.
    instance.state = { ...state, isLost: true };
    return;
  }
  const { ended } = state;
  const attempt = scheduler.now - state.since < longestRetryMs ? state.attempt : 0;
  if (attempt > 1) return retryLater(scheduler, instance, { attempt, ended });
  scheduler.prepare(instance, ended, attempt + 1);
};

const started = (
  scheduler: SchedulerState,
  instance: Instance,
  { publishedPorts }: Extract<ContainerEvent, { type: 'started' }>,
): void => {
  if (instance.state.name !== 'starting') return;
  const { token, claimedAt, variables, spawner, releaser } = instance.state;
  const run = { token, claimedAt, spawnedAt: scheduler.now, variables };
  scheduler.emitFor(instance, { name: 'instance.running', publishedPorts });
  scheduler.reply(spawner, { type: 'spawned', instanceId: instance.id });
  if (releaser === null) enterRunning(scheduler, instance, run);
  else stop(scheduler, instance, { ...run, because: 'release', releaser });
};

export const enterRunning = (
  scheduler: SchedulerState,
  instance: Instance,
  { spawnedAt, ...claim }: SpawnedClaim,
): void => {
  const { pool } = instance;
  const { maxRuntimeMs } = pool.spec;
  const runtimeLimit =
    maxRuntimeMs === null
      ? null
      : scheduler.deadlines.add(spawnedAt + maxRuntimeMs, () => stopOverdue(scheduler, instance));
  pool.enter(instance, { name: 'running', since: spawnedAt, ...claim, runtimeLimit });
};

/** PARITY: where the container cannot start, the claim ends and the instance gets another. */
const startFailed = (
  scheduler: SchedulerState,
  instance: Instance,
  { reason, engineAway }: Extract<ContainerEvent, { type: 'start-failed' }>,
): void => {
  if (instance.state.name !== 'starting') return;
  const { token, claimedAt, spawner, releaser } = instance.state;
  const { id: instanceId } = instance;
  scheduler.emitFor(instance, { name: 'container.instance.start.failed', reason });
  scheduler.reject(spawner, engineAway ? { name: 'not-ready', reason } : { name: 'start-failed', instanceId, reason });
  const ended: EndedClaim =
    releaser === null
      ? { how: 'released', token }
      : replyReleased(scheduler, instance, releaser, { token, claimedAt, spawnedAt: null });
  replaceContainer(scheduler, instance, ended);
};

/** The run is over, by itself or because it was stopped. */
export const exited = (scheduler: SchedulerState, instance: Instance, exit: RunEnd): void => {
  const { state } = instance;
  if (state.name !== 'running' && state.name !== 'stopping') return;
  const { token, claimedAt } = state;
  scheduler.emitFor(instance, { name: 'instance.ended', exit });
  if (state.name === 'running') {
    if (state.runtimeLimit !== null) scheduler.deadlines.callOff(state.runtimeLimit);
    return replaceContainer(scheduler, instance, { how: 'exited', token, claimedAt, spawnedAt: state.since });
  }
  const { spawnedAt, releaser, because } = state;
  const run = { token, claimedAt, spawnedAt };
  if (releaser !== null) {
    return replaceContainer(scheduler, instance, replyReleased(scheduler, instance, releaser, run));
  }
  // A release whose caller went with an earlier process was never answered: it may still come, and be answered once.
  replaceContainer(scheduler, instance, { how: because === 'max-runtime' ? because : 'exited', ...run });
};

/** The run has lasted `max_runtime`. */
const stopOverdue = (scheduler: SchedulerState, instance: Instance): void => {
  if (instance.state.name !== 'running') return;
  const { token, claimedAt, since: spawnedAt } = instance.state;
  scheduler.emitFor(instance, { name: 'container.instance.function.max_runtime' });
  stop(scheduler, instance, { token, claimedAt, spawnedAt, because: 'max-runtime', releaser: null });
};

/** PARITY: the platform calls it a restart; a function that has stopped is not started again (documented both). */
const endUnhealthy = (scheduler: SchedulerState, instance: Instance, reason: string): void => {
  if (instance.state.name !== 'running') return;
  const { token, claimedAt, since: spawnedAt, runtimeLimit } = instance.state;
  if (runtimeLimit !== null) scheduler.deadlines.callOff(runtimeLimit);
  scheduler.emitFor(instance, { name: 'container.instance.healthcheck.restarted', reason });
  stop(scheduler, instance, { token, claimedAt, spawnedAt, because: 'unhealthy', releaser: null });
};

/** Every run starts from the image's clean filesystem, so a container that has run is never used again. */
const replaceContainer = (scheduler: SchedulerState, instance: Instance, ended: EndedClaim): void => {
  scheduler.prepare(instance, ended);
  // Its place under max_shard_concurrency is free at once, though its container is not.
  admit(scheduler, instance.pool);
};
