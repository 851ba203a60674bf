import { describe, expect, it } from 'vitest';
import {
  commands,
  containerId,
  instanceId,
  instanceIdAt,
  maxRuntimeMs,
  readyScheduler,
  schedulerWith,
  start,
} from '../../scripts/situations.ts';
import { claimAt, exit, rejectionIn, repliesIn, runOf } from '../../test/support/scheduler.ts';
import { leaseMs } from './claims.ts';

describe('a pool', () => {
  it('grows for those in line up to max_pool_size, one instance for each', () => {
    const scheduler = readyScheduler({ maxPoolSize: 3 });
    claimAt(scheduler, 0);
    const grown = [1, 2, 3].map((ticket) => {
      const effects = scheduler.apply({ type: 'claim', ticket, containerId, token: `token ${ticket}` }, start);
      return effects.filter(({ type }) => type === 'prepare');
    });
    expect(grown).toEqual([
      [{ type: 'prepare', instanceId: instanceIdAt(1), generation: 1, hot: false, warm: false }],
      [{ type: 'prepare', instanceId: instanceIdAt(2), generation: 1, hot: false, warm: false }],
      [],
    ]);
    const effects = scheduler.apply(
      { type: 'prepared', instanceId: instanceIdAt(2), generation: 1, readiness: 'cold' },
      start,
    );
    expect(repliesIn(effects)).toEqual({ 1: { type: 'claimed', instanceId: instanceIdAt(2) } });
    expect(scheduler.instance(instanceIdAt(2))?.autoscaled).toBe(true);
  });

  it('shrinks to its first size, the last instance first, once added ones were not used for their time', () => {
    const minTtlMs = 60_000;
    const scheduler = readyScheduler({ maxPoolSize: 3, minTtlMs });
    for (const ticket of [0, 1, 2]) claimAt(scheduler, ticket);
    for (const seed of [1, 2]) {
      scheduler.apply({ type: 'prepared', instanceId: instanceIdAt(seed), generation: 1, readiness: 'cold' }, start);
    }
    const downAt = (at: number) =>
      scheduler
        .apply({ type: 'tick' }, at)
        .flatMap((effect) => (effect.type === 'event' && /autoscale/.test(effect.event.name) ? [effect.event] : []));
    const release = (seed: number, at: number) =>
      scheduler.apply({ type: 'release', ticket: 9, containerId, instanceId: instanceIdAt(seed), token: 'token' }, at);
    release(1, start);
    release(2, start + 5_000);
    expect(scheduler.nextDeadline).toBe(start + leaseMs);
    expect(downAt(start + minTtlMs)).toEqual([]);
    const down = { name: 'container.instances.autoscale.down', containerId, at: start + minTtlMs + 5_000 };
    expect(downAt(start + minTtlMs + 5_000)).toEqual([
      { ...down, instanceId: instanceIdAt(2) },
      { ...down, instanceId: instanceIdAt(1) },
    ]);
    expect([...scheduler.pools][0]?.instances.length).toBe(1);
    expect(scheduler.nextDeadline).toBeNull();
    // And grows again by the same instance.
    claimAt(scheduler, 3, start + 100_000);
    claimAt(scheduler, 4, start + 100_000);
    // Its containers are counted on, so that events of those before do not pass for theirs.
    expect(scheduler.instance(instanceIdAt(1))?.generation).toBe(2);
  });

  it('keeps added instances where it has no time limit for them, and those in use', () => {
    const forEver = readyScheduler({ maxPoolSize: 2 });
    const inUse = readyScheduler({ maxPoolSize: 2, minTtlMs: 1_000 });
    for (const scheduler of [forEver, inUse]) {
      claimAt(scheduler, 0);
      claimAt(scheduler, 1);
      scheduler.apply({ type: 'prepared', instanceId: instanceIdAt(1), generation: 1, readiness: 'cold' }, start);
    }
    runOf(inUse, instanceIdAt(1));
    for (const scheduler of [forEver, inUse]) {
      scheduler.apply({ type: 'tick' }, start + maxRuntimeMs - 1);
      expect([...scheduler.pools][0]?.instances.length).toBe(2);
    }
  });

  it('does not grow while an instance being made will do', () => {
    const scheduler = schedulerWith({ maxPoolSize: 5 });
    expect(scheduler.apply(commands.claim(0), start).filter(({ type }) => type === 'prepare')).toEqual([]);
  });

  it('hands out no more than max_shard_concurrency at a time, and grows no further than that', () => {
    const scheduler = readyScheduler({ instances: 2, maxPoolSize: 4, maxShardConcurrency: 1 });
    claimAt(scheduler, 0);
    expect(claimAt(scheduler, 1, start, 'waits')).toBeUndefined();
    expect([...scheduler.pools][0]?.instances.length).toBe(2);
    runOf(scheduler, instanceId);
    expect(repliesIn(exit(scheduler, instanceId))).toMatchObject({
      1: { type: 'claimed', instanceId: instanceIdAt(1) },
    });
  });

  it('starts empty where instances is zero, and grows on the first claim', () => {
    const scheduler = schedulerWith({ instances: 0, maxPoolSize: 1 });
    const effects = scheduler.apply(commands.claim(0), start);
    expect(effects).toContainEqual({
      type: 'prepare',
      instanceId: instanceIdAt(0),
      generation: 1,
      hot: false,
      warm: false,
    });
  });
});

describe('a policy of another scheduler', () => {
  it('takes a second release of the same run, until the next claim or a reset', () => {
    const scheduler = readyScheduler({ takesSecondRelease: true });
    claimAt(scheduler, 0);
    const first = repliesIn(scheduler.apply(commands.release(1), start + 1))[1];
    expect(repliesIn(scheduler.apply(commands.release(2), start + 2))[2]).toEqual(first);
    claimAt(scheduler, 3, start + 3, 'other');
    expect(rejectionIn(scheduler.apply(commands.release(4), start + 4), 4)).toBe('wrong-token');
    scheduler.apply({ type: 'reset' }, start + 5);
    expect(rejectionIn(scheduler.apply(commands.release(6), start + 6), 6)).toBe('not-claimed');
  });

  it('takes no second release after a start that failed, which was never released', () => {
    const scheduler = readyScheduler({ takesSecondRelease: true });
    claimAt(scheduler, 0);
    scheduler.apply(commands.spawn(1), start);
    scheduler.apply(commands['start-failed'](2, 1), start);
    expect(rejectionIn(scheduler.apply(commands.release(3), start), 3)).toBe('already-released');
  });

  it('refuses to release a claim that was not spawned, and nothing else', () => {
    const scheduler = readyScheduler({ refusesUnspawnedRelease: true });
    claimAt(scheduler, 0);
    expect(rejectionIn(scheduler.apply(commands.release(1), start), 1)).toBe('not-spawned');
    runOf(scheduler, instanceId);
    scheduler.apply(commands.release(2), start);
    expect(repliesIn(exit(scheduler, instanceId))).toMatchObject({ 2: { type: 'released' } });
  });

  it('refuses to release a run that has ended by itself', () => {
    const scheduler = readyScheduler({ refusesReleaseAfterExit: true });
    claimAt(scheduler, 0);
    runOf(scheduler, instanceId);
    exit(scheduler, instanceId);
    expect(rejectionIn(scheduler.apply(commands.release(1), start), 1)).toBe('run-ended');
  });

  it('grants the instance that was released last', () => {
    const scheduler = readyScheduler({ instances: 3, grantsLatestFirst: true });
    expect(claimAt(scheduler, 0)).toEqual({ type: 'claimed', instanceId: instanceIdAt(2) });
  });
});

describe('a container that cannot be made', () => {
  it('is tried again after delays that double up to half a minute', () => {
    const scheduler = schedulerWith();
    let now = start;
    const delays: number[] = [];
    for (let generation = 1; generation <= 9; generation += 1) {
      scheduler.apply({ type: 'prepare-failed', instanceId, generation, reason: 'no space' }, now);
      const next = scheduler.nextDeadline ?? Number.NaN;
      delays.push(next - now);
      now = next;
      expect(scheduler.apply({ type: 'tick' }, now)).toContainEqual({
        type: 'prepare',
        instanceId,
        generation: generation + 1,
        hot: false,
        warm: false,
      });
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });
});
