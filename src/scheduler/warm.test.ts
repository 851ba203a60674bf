import { expect, it } from 'vitest';
import { commands, containerId, instanceIdAt, poolSpec, readyScheduler, start } from '../../scripts/situations.ts';
import type { Effect } from './commands.ts';
import { Scheduler } from './scheduler.ts';

const pool = { instances: 3, maxPoolSize: 3 };

/** The place of the instance that the next claim gets. */
const claim = (scheduler: Scheduler): number => {
  const effects = scheduler.apply({ type: 'claim', ticket: 0, containerId, token: 'token' }, start);
  const [granted] = effects.flatMap((effect) =>
    effect.type === 'reply' && effect.reply.type === 'claimed' ? [effect.reply.instanceId] : [],
  );
  return granted === undefined ? -1 : Number.parseInt(granted, 16);
};

const warmed = (scheduler: Scheduler, place: number, generation = 1) =>
  scheduler.apply({ type: 'warmed', instanceId: instanceIdAt(place), generation }, start);

it('the pool keeps as many instances warm as the function wants, and the same ones from run to run', () => {
  const scheduler = new Scheduler();
  const wanted = (effects: readonly Effect[]) =>
    effects.flatMap((effect) => (effect.type === 'prepare' ? [effect.warm] : []));
  expect(wanted(scheduler.addPool(poolSpec({ ...pool, warm: 2 }), start))).toEqual([true, true, false]);
  for (const [place, isWarm] of [true, true, false].entries()) {
    const lost = { type: 'lost', instanceId: instanceIdAt(place), generation: 1, reason: 'gone' } as const;
    scheduler.apply({ type: 'prepared', instanceId: instanceIdAt(place), generation: 1, readiness: 'cold' }, start);
    expect(wanted(scheduler.apply(lost, start))).toEqual([isWarm]);
  }
});

it('the pool grants warm instances before cold ones, and hot ones before both', () => {
  const scheduler = readyScheduler({ ...pool, hot: 1 });
  warmed(scheduler, 2);
  expect([claim(scheduler), claim(scheduler), claim(scheduler)]).toEqual([0, 2, 1]);
});

it('the pool counts an instance as warm that became so under a claim that ended without a spawn', () => {
  const scheduler = readyScheduler({ instances: 2, maxPoolSize: 2 });
  expect(claim(scheduler)).toBe(0);
  warmed(scheduler, 0);
  scheduler.apply(commands.release(1), start);
  expect(claim(scheduler)).toBe(0);
});

it('the pool ignores reports about a container that has been replaced', () => {
  const scheduler = readyScheduler(pool);
  warmed(scheduler, 2, 7);
  expect(claim(scheduler)).toBe(0);
});

it('the pool keeps some instances warm that have run where no number is set, and as many more as are hot', () => {
  for (const [hot, most] of [
    [0, 4],
    [5, 5],
  ] as const) {
    const scheduler = readyScheduler({ instances: 6, maxPoolSize: 6, hot, warm: null });
    const next = Array.from({ length: 6 }, (_, place) => {
      const of = { containerId, instanceId: instanceIdAt(place), token: 'token' };
      const container = { instanceId: instanceIdAt(place), generation: 1 };
      claim(scheduler);
      scheduler.apply({ type: 'spawn', ticket: 1, ...of, variables: {} }, start);
      scheduler.apply({ type: 'started', ...container, publishedPorts: {} }, start);
      const effects = scheduler.apply({ type: 'exited', ...container, exit: { code: 0, outOfMemory: false } }, start);
      return effects.some((effect) => effect.type === 'prepare' && effect.warm);
    });
    expect(next.filter(Boolean)).toHaveLength(most);
  }
});
