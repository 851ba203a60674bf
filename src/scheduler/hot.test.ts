import { expect, it } from 'vitest';
import { containerId, instanceIdAt, poolSpec, start } from '../../scripts/situations.ts';
import type { InstanceId } from '../shared/ids.ts';
import { leaseMs } from './claims.ts';
import type { Command, Effect } from './commands.ts';
import type { PoolSpec } from './pool.ts';
import { Scheduler } from './scheduler.ts';

/** A scheduler whose containers are made as soon as they are wanted, each as hot as was wanted, and what was wanted last. */
const createWorld = (changes: Partial<PoolSpec>, canBeHot = true) => {
  const scheduler = new Scheduler();
  const hot = new Map<InstanceId, boolean>();
  const follow = (effects: readonly Effect[]): readonly Effect[] =>
    effects.flatMap((effect) => {
      if (effect.type !== 'prepare') return [effect];
      const { instanceId, generation } = effect;
      hot.set(instanceId, effect.hot);
      return follow(
        scheduler.apply(
          { type: 'prepared', instanceId, generation, readiness: effect.hot && canBeHot ? 'hot' : 'cold' },
          start,
        ),
      );
    });
  const apply = (command: Command, at = start) => follow(scheduler.apply(command, at));
  follow(scheduler.addPool(poolSpec(changes), start));
  const claim = (at = start): InstanceId | null => {
    const effects = apply({ type: 'claim', ticket: 0, containerId, token: 'token' }, at);
    return (
      effects.flatMap((effect) =>
        effect.type === 'reply' && effect.reply.type === 'claimed' ? [effect.reply.instanceId] : [],
      )[0] ?? null
    );
  };
  const spawn = (instanceId: InstanceId | null): InstanceId => {
    const id = instanceId ?? instanceIdAt(0);
    apply({ type: 'spawn', ticket: 1, containerId, instanceId: id, token: 'token', variables: {} });
    apply({ type: 'started', instanceId: id, generation: scheduler.instance(id)?.generation ?? 0, publishedPorts: {} });
    return id;
  };
  const exit = (instanceId: InstanceId): void => {
    const generation = scheduler.instance(instanceId)?.generation ?? 0;
    apply({ type: 'exited', instanceId, generation, exit: { code: 0, outOfMemory: false } });
  };
  const wanted = () => [...hot].filter(([, isHot]) => isHot).map(([id]) => Number.parseInt(id, 16));
  return { claim, spawn, exit, apply, wanted };
};

const ids = (...seeds: readonly number[]) => seeds.map(instanceIdAt);

it('the pool keeps as many instances hot as the function wants', () => {
  expect(createWorld({ instances: 3, maxPoolSize: 3, hot: 2 }).wanted()).toEqual([0, 1]);
  expect(createWorld({ instances: 3, maxPoolSize: 3, hot: 0 }).wanted()).toEqual([]);
  expect(createWorld({ instances: 2, maxPoolSize: 5, hot: 5 }).wanted()).toEqual([0, 1]);
});

it('the pool grants hot instances first, and of each kind the longest-available', () => {
  const world = createWorld({ instances: 4, maxPoolSize: 4, hot: 2 });
  expect([1, 2, 3, 4].map(() => world.claim())).toEqual(ids(0, 1, 2, 3));
});

it('the pool makes the next container hot where a hot one was used up, in any instance', () => {
  const world = createWorld({ instances: 3, maxPoolSize: 3, hot: 1 });
  const hot = world.spawn(world.claim());
  const cold = world.spawn(world.claim());
  world.exit(cold);
  expect(world.wanted()).toEqual([0, 1]);
  world.exit(hot);
  expect(world.wanted()).toEqual([1]);
  expect([1, 2, 3].map(() => world.claim())).toEqual(ids(1, 2, 0));
});

it('the pool has a hot instance again when its claim ends without a spawn', () => {
  const world = createWorld({ instances: 2, maxPoolSize: 2, hot: 1 });
  expect(world.claim()).toBe(instanceIdAt(0));
  expect(world.claim(start + leaseMs)).toBe(instanceIdAt(0));
  expect(world.claim(start + leaseMs)).toBe(instanceIdAt(1));
});

it('the pool treats an instance as cold that could not be made hot, and tries again with its next container', () => {
  const world = createWorld({ instances: 3, maxPoolSize: 3, hot: 1 }, false);
  expect(world.wanted()).toEqual([0]);
  expect([1, 2, 3].map(() => world.claim())).toEqual(ids(0, 1, 2));
  world.exit(world.spawn(instanceIdAt(1)));
  expect(world.wanted()).toEqual([0, 1]);
});

it('the pool has as many hot instances as before when it is reset', () => {
  const world = createWorld({ instances: 2, maxPoolSize: 4, hot: 3 });
  for (let taken = 0; taken < 4; taken += 1) world.spawn(world.claim());
  world.apply({ type: 'reset' });
  expect(world.wanted().filter((seed) => seed < 2)).toEqual([0, 1]);
  expect([1, 2].map(() => world.claim())).toEqual(ids(0, 1));
});
