import { describe, expect, it } from 'vitest';
import {
  commands,
  containerId,
  instanceId,
  instanceIdAt,
  maxQueueTimeMs,
  maxRuntimeMs,
  otherContainerId,
  readyScheduler,
  start,
} from '../../scripts/situations.ts';
import { claimAt, exit, rejectionIn, repliesIn, runOf } from '../../test/support/scheduler.ts';
import { leaseMs, longestLine } from './claims.ts';
import type { Command } from './commands.ts';

describe('the ten-second lease', () => {
  it.each([
    [leaseMs - 1, undefined],
    [leaseMs, 'claim-expired'],
    [leaseMs + 1, 'claim-expired'],
  ])('after %i ms answers a spawn with %s', (afterMs, rejection) => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    const effects = scheduler.apply(commands.spawn(1), start + afterMs);
    expect(rejectionIn(effects, 1)).toBe(rejection);
    expect(effects.some(({ type }) => type === 'start')).toBe(rejection === undefined);
  });

  it('gives the instance to the waiting caller, at the very moment it ends', () => {
    const scheduler = readyScheduler({ maxQueueTimeMs: 60_000 });
    claimAt(scheduler, 0);
    expect(claimAt(scheduler, 1, start + 1, 'second')).toBeUndefined();
    expect(scheduler.nextDeadline).toBe(start + leaseMs);
    expect(repliesIn(scheduler.apply({ type: 'tick' }, start + leaseMs - 1))).toEqual({});
    expect(repliesIn(scheduler.apply({ type: 'tick' }, start + leaseMs))).toEqual({
      1: { type: 'claimed', instanceId },
    });
  });

  it('has ended for a command that comes before any tick', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    expect(claimAt(scheduler, 1, start + leaseMs)).toMatchObject({ type: 'claimed' });
  });

  it('does not end once the instance is spawned', () => {
    const scheduler = readyScheduler({ maxRuntimeMs: null });
    claimAt(scheduler, 0);
    runOf(scheduler, instanceId);
    expect(scheduler.nextDeadline).toBeNull();
  });
});

describe('claims', () => {
  it('take the longest-available instance first', () => {
    const scheduler = readyScheduler({ instances: 3 });
    const order = [0, 1, 2].map((ticket) => claimAt(scheduler, ticket));
    expect(order).toMatchObject([0, 1, 2].map((seed) => ({ instanceId: instanceIdAt(seed) })));
    scheduler.apply({ type: 'release', ticket: 3, containerId, instanceId: instanceIdAt(1), token: 'token' }, start);
    scheduler.apply({ type: 'release', ticket: 4, containerId, instanceId: instanceIdAt(0), token: 'token' }, start);
    expect([5, 6].map((ticket) => claimAt(scheduler, ticket))).toMatchObject([
      { instanceId: instanceIdAt(1) },
      { instanceId: instanceIdAt(0) },
    ]);
  });

  it('with one token may hold several instances', () => {
    const scheduler = readyScheduler({ instances: 2 });
    expect(claimAt(scheduler, 0, start, 'same')).toMatchObject({ instanceId: instanceIdAt(0) });
    expect(claimAt(scheduler, 1, start, 'same')).toMatchObject({ instanceId: instanceIdAt(1) });
  });

  it.each([
    ['unknown-container', 'e'.repeat(24)],
    ['not-a-function', otherContainerId],
  ])('are refused as %s', (rejection, id) => {
    const effects = readyScheduler().apply({ type: 'claim', ticket: 0, containerId: id, token: 'token' }, start);
    expect(rejectionIn(effects, 0)).toBe(rejection);
  });

  it('of another function do not reach this one’s instances', () => {
    const scheduler = readyScheduler();
    const command: Command = {
      type: 'spawn',
      ticket: 0,
      containerId,
      instanceId: instanceIdAt(7),
      token: 'token',
      variables: {},
    };
    expect(rejectionIn(scheduler.apply(command, start), 0)).toBe('unknown-instance');
  });
});

describe('the line', () => {
  it('is served first come first served, also where a caller comes just as an instance is freed', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    claimAt(scheduler, 1, start, 'first in line');
    claimAt(scheduler, 2, start, 'second in line');
    const released = repliesIn(scheduler.apply(commands.release(3), start));
    expect(released).toMatchObject({ 1: { type: 'claimed' }, 3: { type: 'released' } });
    expect(claimAt(scheduler, 4)).toBeUndefined();
    const next: Command = { type: 'release', ticket: 5, containerId, instanceId, token: 'first in line' };
    expect(repliesIn(scheduler.apply(next, start))).toMatchObject({ 2: { type: 'claimed' } });
  });

  it.each([
    [maxQueueTimeMs - 1, undefined],
    [maxQueueTimeMs, 'queue-timeout'],
  ])('after %i ms ends with %s', (afterMs, rejection) => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    claimAt(scheduler, 1);
    expect(rejectionIn(scheduler.apply({ type: 'tick' }, start + afterMs), 1)).toBe(rejection);
  });

  it('reports the time that a claim had where the alarm rings late', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    claimAt(scheduler, 1);
    const replies = repliesIn(scheduler.apply({ type: 'tick' }, start + maxQueueTimeMs + 2));
    expect(replies).toMatchObject({ 1: { rejection: { name: 'queue-timeout', waitedMs: maxQueueTimeMs } } });
  });

  it('has an end, beyond which claims are turned away until some have left', () => {
    const scheduler = readyScheduler({ maxQueueTimeMs: 60_000 });
    claimAt(scheduler, 0);
    for (let ticket = 1; ticket <= longestLine; ticket += 1) expect(claimAt(scheduler, ticket)).toBeUndefined();
    const rejection = { name: 'line-full', containerId, waiting: longestLine };
    expect(claimAt(scheduler, -1)).toEqual({ type: 'rejected', rejection });
    scheduler.apply({ type: 'abandon', ticket: 500 }, start);
    expect(claimAt(scheduler, -1)).toBeUndefined();
    expect(claimAt(scheduler, -2)).toMatchObject({ rejection });
  });

  it('is skipped where max_queue_time is zero', () => {
    const scheduler = readyScheduler({ maxQueueTimeMs: 0 });
    claimAt(scheduler, 0);
    expect(claimAt(scheduler, 1)).toMatchObject({ type: 'rejected', rejection: { name: 'queue-timeout' } });
  });

  it('moves up behind a caller that hangs up, and the other callers are served', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    claimAt(scheduler, 1, start, 'gone');
    claimAt(scheduler, 2, start, 'stays');
    expect(rejectionIn(scheduler.apply({ type: 'abandon', ticket: 1 }, start), 1)).toBe('caller-gone');
    expect(repliesIn(scheduler.apply(commands.release(3), start))).toMatchObject({ 2: { type: 'claimed' } });
  });

  it('takes no notice of a hang-up after the grant', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    expect(scheduler.apply({ type: 'abandon', ticket: 0 }, start)).toEqual([]);
    expect(scheduler.instance(instanceId)?.state.name).toBe('claimed');
  });

  it('is sent away as a whole', () => {
    const scheduler = readyScheduler();
    for (const ticket of [0, 1, 2]) claimAt(scheduler, ticket);
    const effects = scheduler.apply({ type: 'dismiss', reason: 'stopping' }, start);
    expect([rejectionIn(effects, 1), rejectionIn(effects, 2)]).toEqual(['not-ready', 'not-ready']);
    expect(scheduler.nextDeadline).toBe(start + leaseMs);
  });
});

describe('a run', () => {
  it.each([
    [maxRuntimeMs - 1, 'running'],
    [maxRuntimeMs, 'stopping'],
  ])('after %i ms is %s', (afterMs, state) => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    runOf(scheduler, instanceId);
    const effects = scheduler.apply({ type: 'tick' }, start + afterMs);
    expect(scheduler.instance(instanceId)?.state.name).toBe(state);
    expect(effects.some(({ type }) => type === 'stop')).toBe(state === 'stopping');
  });

  it('that exits frees its only instance, many times over', () => {
    const scheduler = readyScheduler();
    for (let run = 1; run <= 100; run += 1) {
      expect(claimAt(scheduler, run)).toMatchObject({ type: 'claimed', instanceId });
      runOf(scheduler, instanceId);
      expect(exit(scheduler, instanceId)).toContainEqual({
        type: 'prepare',
        instanceId,
        generation: run + 1,
        hot: false,
        warm: false,
      });
      scheduler.apply({ type: 'prepared', instanceId, generation: run + 1, readiness: 'cold' }, start);
    }
    expect(scheduler.nextDeadline).toBeNull();
  });

  it('that exited may be released once, until its instance is claimed again', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    runOf(scheduler, instanceId, start + 1);
    exit(scheduler, instanceId, start + 2);
    expect(repliesIn(scheduler.apply(commands.release(1), start + 3))[1]).toEqual({
      type: 'released',
      instanceId,
      claimedAt: start,
      spawnedAt: start + 1,
      releasedAt: start + 3,
    });
    expect(rejectionIn(scheduler.apply(commands.release(2), start + 4), 2)).toBe('already-released');
  });

  it('ignores events of a container that has been replaced', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    runOf(scheduler, instanceId);
    exit(scheduler, instanceId);
    scheduler.apply({ type: 'prepared', instanceId, generation: 2, readiness: 'cold' }, start);
    claimAt(scheduler, 1);
    runOf(scheduler, instanceId);
    const stale: Command = { type: 'exited', instanceId, generation: 1, exit: { code: 0, outOfMemory: false } };
    expect(scheduler.apply(stale, start)).toEqual([]);
    expect(scheduler.instance(instanceId)?.state.name).toBe('running');
  });

  it('is listed as active from spawn until it is asked to stop', () => {
    const scheduler = readyScheduler({ instances: 2 });
    const listed = () => {
      const instances = scheduler.active(containerId);
      return 'name' in instances ? instances.name : instances.map(({ id }) => id);
    };
    claimAt(scheduler, 0);
    expect(listed()).toEqual([]);
    scheduler.apply(commands.spawn(1), start);
    expect(listed()).toEqual([instanceId]);
    scheduler.apply(commands.started(2, 1), start);
    expect(listed()).toEqual([instanceId]);
    scheduler.apply(commands.release(3), start);
    expect(listed()).toEqual([]);
  });
});

describe('a claim that cannot be kept', () => {
  it('is taken back, with the line sent away', () => {
    const scheduler = readyScheduler();
    claimAt(scheduler, 0);
    claimAt(scheduler, 1);
    const effects = scheduler.apply({ type: 'take-back', instanceId, reason: 'the disk is full' }, start);
    expect(rejectionIn(effects, 1)).toBe('not-ready');
    expect(scheduler.instance(instanceId)?.state.name).toBe('available');
    expect(scheduler.nextDeadline).toBeNull();
  });
});
