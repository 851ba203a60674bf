import { describe, expect, it } from 'vitest';
import {
  containerId,
  instanceId,
  instanceIdAt,
  otherContainerId,
  poolSpec,
  readyScheduler,
  reloadWith,
  schedulerWith,
  start,
} from '../../scripts/situations.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { Command, Effect } from './commands.ts';
import type { Scheduler } from './scheduler.ts';

const run = (scheduler: Scheduler, command: Command, at = start): readonly Effect[] => scheduler.apply(command, at);
const generationOf = (scheduler: Scheduler, id: InstanceId): number => scheduler.instance(id)?.generation ?? 0;

const claim = (scheduler: Scheduler, ticket = 0, id: string = containerId, at = start) =>
  run(scheduler, { type: 'claim', ticket, containerId: id, token: 'token' }, at);
const use = (scheduler: Scheduler, type: 'spawn' | 'release', id = instanceId, ticket = 1) =>
  run(scheduler, { type, ticket, containerId, instanceId: id, token: 'token', variables: {} });
const report = (scheduler: Scheduler, type: 'prepared' | 'started' | 'exited', id = instanceId) =>
  run(scheduler, {
    ...{ type, instanceId: id, generation: generationOf(scheduler, id), readiness: 'cold', publishedPorts: {} },
    exit: { code: 0, outOfMemory: false },
  } as Command);
const runs = (scheduler: Scheduler, id = instanceId): void => {
  use(scheduler, 'spawn', id);
  report(scheduler, 'started', id);
};

const answersIn = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type !== 'reply'
      ? []
      : effect.reply.type === 'rejected'
        ? [effect.reply.rejection.name]
        : [effect.reply.type],
  );
const madeIn = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'prepare' || effect.type === 'discard' ? [[effect.type, effect.instanceId]] : [],
  );
const placesOf = (scheduler: Scheduler) => scheduler.pool(containerId)?.instances.map(({ seed }) => seed);

const without = (otherContainers: readonly ContainerId[] = [otherContainerId]): Command => ({
  type: 'reload',
  pools: [],
  otherContainers,
});

describe('a reload that renews containers', () => {
  it('replaces waiting containers at once, and claimed ones when they are free again', () => {
    const scheduler = readyScheduler({ instances: 3, maxPoolSize: 3 });
    claim(scheduler);
    const effects = run(scheduler, reloadWith({ isRenewed: true, instances: 3, maxPoolSize: 3 }));
    expect(madeIn(effects)).toEqual([
      ['prepare', instanceIdAt(1)],
      ['prepare', instanceIdAt(2)],
    ]);
    expect(madeIn(use(scheduler, 'release'))).toEqual([['prepare', instanceId]]);
  });

  it('replaces the container of a claim whose lease has ended', () => {
    const scheduler = readyScheduler();
    claim(scheduler);
    run(scheduler, reloadWith({ isRenewed: true }));
    expect(madeIn(run(scheduler, { type: 'tick' }, start + 10_000))).toEqual([['prepare', instanceId]]);
  });

  it('lets a claim be spawned in the container it was granted, once', () => {
    const scheduler = readyScheduler();
    claim(scheduler);
    const before = generationOf(scheduler, instanceId);
    run(scheduler, reloadWith({ isRenewed: true }));
    expect(use(scheduler, 'spawn')).toContainEqual(expect.objectContaining({ type: 'start', generation: before }));
    report(scheduler, 'started');
    expect(madeIn(report(scheduler, 'exited'))).toEqual([['prepare', instanceId]]);
    report(scheduler, 'prepared');
    claim(scheduler, 2);
    // The new container is as the stack has it: the released claim serves again.
    expect(madeIn(use(scheduler, 'release'))).toEqual([]);
  });

  it('ignores the container that was being made for the stack before', () => {
    const scheduler = readyScheduler();
    run(scheduler, reloadWith({ isRenewed: true }));
    const generation = generationOf(scheduler, instanceId);
    run(scheduler, reloadWith({ isRenewed: true }));
    run(scheduler, { type: 'prepared', instanceId, generation, readiness: 'cold' });
    expect(scheduler.instance(instanceId)?.state.name).toBe('preparing');
    report(scheduler, 'prepared');
    expect(scheduler.instance(instanceId)?.state.name).toBe('available');
  });

  it('keeps the callers in line, which get the new instances', () => {
    const scheduler = readyScheduler();
    run(scheduler, reloadWith({ isRenewed: true }));
    expect(answersIn(claim(scheduler))).toEqual([]);
    expect(answersIn(report(scheduler, 'prepared'))).toEqual(['claimed']);
  });

  it('has as many hot containers as the stack has now', () => {
    const scheduler = readyScheduler({ instances: 3, maxPoolSize: 3, hot: 3 });
    const effects = run(scheduler, reloadWith({ isRenewed: true, instances: 3, maxPoolSize: 3, hot: 1 }));
    expect(effects.flatMap((effect) => (effect.type === 'prepare' ? [effect.hot] : []))).toEqual([true, false, false]);
  });
});

describe('a reload that changes the size of a pool', () => {
  it('makes instances at the places that are free', () => {
    const scheduler = readyScheduler();
    const effects = run(scheduler, reloadWith({ isRenewed: false, instances: 3, maxPoolSize: 3 }));
    expect(madeIn(effects)).toEqual([
      ['prepare', instanceIdAt(1)],
      ['prepare', instanceIdAt(2)],
    ]);
    expect(scheduler.instance(instanceIdAt(2))?.autoscaled).toBe(false);
  });

  it('removes waiting instances at once and running ones at their end, and fills the gap when it grows again', () => {
    const scheduler = readyScheduler({ instances: 3, maxPoolSize: 3 });
    for (const ticket of [0, 1, 2]) claim(scheduler, ticket);
    runs(scheduler, instanceIdAt(2));
    for (const place of [0, 1]) use(scheduler, 'release', instanceIdAt(place));
    expect(madeIn(run(scheduler, reloadWith({ isRenewed: false })))).toEqual([['discard', instanceIdAt(1)]]);
    expect(placesOf(scheduler)).toEqual([0, 2]);
    run(scheduler, reloadWith({ isRenewed: false, instances: 2, maxPoolSize: 2 }));
    expect(placesOf(scheduler)).toEqual([0, 1, 2]);
    expect(madeIn(report(scheduler, 'exited', instanceIdAt(2)))).toEqual([['discard', instanceIdAt(2)]]);
    expect(placesOf(scheduler)).toEqual([0, 1]);
  });

  it('does not take the container of an instance that is gone for that of the next at its place', () => {
    const scheduler = schedulerWith({ instances: 2, maxPoolSize: 2 });
    const late: Command = { type: 'prepared', instanceId: instanceIdAt(1), generation: 1, readiness: 'cold' };
    run(scheduler, reloadWith({ isRenewed: false }));
    run(scheduler, reloadWith({ isRenewed: false, instances: 2, maxPoolSize: 2 }));
    run(scheduler, late);
    expect(scheduler.instance(instanceIdAt(1))?.state.name).toBe('preparing');
  });

  it('gives callers in line the instances that a new limit allows', () => {
    const scheduler = readyScheduler({ instances: 2, maxPoolSize: 2, maxShardConcurrency: 1 });
    claim(scheduler);
    expect(answersIn(claim(scheduler, 1))).toEqual([]);
    expect(answersIn(run(scheduler, reloadWith({ isRenewed: false, instances: 2, maxPoolSize: 2 })))).toEqual([
      'claimed',
    ]);
  });

  it('grows for callers in line as far as the pool may now', () => {
    const scheduler = readyScheduler();
    for (const ticket of [0, 1, 2]) claim(scheduler, ticket);
    run(scheduler, reloadWith({ isRenewed: false, maxPoolSize: 4 }));
    expect(placesOf(scheduler)).toEqual([0, 1, 2]);
  });

  it('keeps added instances for as short as the stack says now', () => {
    const scheduler = readyScheduler({ maxPoolSize: 2, minTtlMs: 60_000 });
    for (const ticket of [0, 1]) claim(scheduler, ticket);
    report(scheduler, 'prepared', instanceIdAt(1));
    use(scheduler, 'release', instanceIdAt(1));
    run(scheduler, reloadWith({ isRenewed: false, maxPoolSize: 2, minTtlMs: 1_000 }));
    run(scheduler, { type: 'tick' }, start + 1_000);
    expect(placesOf(scheduler)).toEqual([0]);
  });

  it('leaves a claim in line the time it came with', () => {
    const scheduler = readyScheduler();
    for (const ticket of [0, 1]) claim(scheduler, ticket);
    run(scheduler, reloadWith({ isRenewed: false, maxQueueTimeMs: 60_000 }));
    const effects = run(scheduler, { type: 'tick' }, start + 5_000);
    const rejection = { name: 'queue-timeout', containerId, waitedMs: 5_000 };
    expect(effects).toContainEqual({ type: 'reply', ticket: 1, reply: { type: 'rejected', rejection } });
  });

  it('lets a run go on under the limit it began with', () => {
    const scheduler = readyScheduler();
    claim(scheduler);
    runs(scheduler);
    run(scheduler, reloadWith({ isRenewed: false, maxRuntimeMs: 1_000 }));
    run(scheduler, { type: 'tick' }, start + 1_000);
    expect(scheduler.instance(instanceId)?.state.name).toBe('running');
  });
});

describe('a function that the stack has no more', () => {
  it('is gone at once where nothing of it is claimed', () => {
    const scheduler = readyScheduler();
    expect(madeIn(run(scheduler, without()))).toEqual([['discard', instanceId]]);
    expect([...scheduler.pools]).toEqual([]);
    expect(answersIn(claim(scheduler))).toEqual(['unknown-container']);
  });

  it('keeps its claims and runs until they end, and admits no more', () => {
    const scheduler = readyScheduler({ instances: 2, maxPoolSize: 2 });
    for (const ticket of [0, 1]) claim(scheduler, ticket);
    runs(scheduler);
    run(scheduler, without());
    expect(answersIn(claim(scheduler, 3))).toEqual(['unknown-container']);
    runs(scheduler, instanceIdAt(1));
    expect(scheduler.instance(instanceIdAt(1))?.state.name).toBe('running');
    report(scheduler, 'exited');
    use(scheduler, 'release', instanceIdAt(1));
    expect(answersIn(report(scheduler, 'exited', instanceIdAt(1)))).toEqual(['released']);
    expect([...scheduler.pools]).toEqual([]);
  });

  it('sends callers in line away', () => {
    const scheduler = readyScheduler();
    for (const ticket of [0, 1]) claim(scheduler, ticket);
    expect(answersIn(run(scheduler, without()))).toEqual(['unknown-container']);
    expect(answersIn(run(scheduler, without([containerId])))).toEqual([]);
    expect(answersIn(claim(scheduler, 2))).toEqual(['not-a-function']);
  });

  it('serves again when it comes back, with the instance that still runs', () => {
    const scheduler = readyScheduler();
    claim(scheduler);
    runs(scheduler);
    run(scheduler, without());
    run(scheduler, reloadWith({ isRenewed: true }));
    expect(answersIn(claim(scheduler, 2))).toEqual([]);
    report(scheduler, 'exited');
    expect(answersIn(report(scheduler, 'prepared'))).toEqual(['claimed']);
  });

  it('is gone after a reset', () => {
    const scheduler = readyScheduler();
    claim(scheduler);
    runs(scheduler);
    run(scheduler, without());
    expect(madeIn(run(scheduler, { type: 'reset' }))).toEqual([['discard', instanceId]]);
    expect([...scheduler.pools]).toEqual([]);
  });
});

it('a function that is new has its pool made', () => {
  const scheduler = readyScheduler();
  const added = 'e'.repeat(24) as ContainerId;
  const idAt = (seed: number) => `e${instanceIdAt(seed).slice(1)}` as InstanceId;
  const spec = { ...poolSpec({ instances: 2, maxPoolSize: 2 }), containerId: added, instanceIdAt: idAt };
  const effects = run(scheduler, {
    type: 'reload',
    pools: [
      { spec: poolSpec(), isRenewed: false },
      { spec, isRenewed: false },
    ],
    otherContainers: [],
  });
  expect(madeIn(effects)).toEqual([
    ['prepare', idAt(0)],
    ['prepare', idAt(1)],
  ]);
  report(scheduler, 'prepared', idAt(0));
  expect(answersIn(claim(scheduler, 0, added))).toEqual(['claimed']);
  expect(answersIn(claim(scheduler, 1, otherContainerId))).toEqual(['unknown-container']);
});

it('a recorded state knows of an instance that was removed with its place', () => {
  const scheduler = readyScheduler({ instances: 2, maxPoolSize: 2 });
  for (const ticket of [0, 1]) claim(scheduler, ticket);
  scheduler.changesAreKept();
  run(scheduler, reloadWith({ isRenewed: false }));
  use(scheduler, 'release', instanceIdAt(1));
  expect(scheduler.changes).toEqual([{ instanceId: instanceIdAt(1), record: null }]);
});
