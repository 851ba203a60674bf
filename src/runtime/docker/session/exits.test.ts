import { expect, test } from 'vitest';
import { createMovableClock } from '../../../shared/clock.ts';
import type { Exit } from '../../port.ts';
import type { DockerConnection } from '../engine/connection.ts';
import { Exits } from './exits.ts';

/** An engine whose containers are as the test says, looked at on a clock that stands still. */
const watch = () => {
  const clock = createMovableClock({ frozenAt: 0 });
  const states = new Map<string, string>();
  const engine = { looks: 0, isAway: false, isSlow: false };
  const listContainers = () => {
    engine.looks += 1;
    if (engine.isAway) return Promise.reject(new Error('no socket'));
    return Promise.resolve([...states].map(([Id, State]) => ({ Id, State })));
  };
  const found = { State: { Status: 'exited', ExitCode: 7, OOMKilled: false } };
  const missing = Object.assign(new Error('no such container'), { statusCode: 404 });
  const getContainer = (id: string) => ({
    inspect: () =>
      engine.isSlow ? new Promise(() => {}) : states.has(id) ? Promise.resolve(found) : Promise.reject(missing),
  });
  const ends: Record<string, Exit> = {};
  const exits = new Exits({ docker: { listContainers, getContainer } } as unknown as DockerConnection, 'sample');
  const sweep = exits.sweep(clock);
  const expectEnd = (dockerId: string, state: string): void => {
    states.set(dockerId, state);
    void exits.expect(dockerId).then((exit) => {
      ends[dockerId] = exit;
    });
  };
  return { clock, exits, states, engine, ends, expectEnd, [Symbol.dispose]: () => sweep[Symbol.dispose]() };
};

test('an end that a sweep finds counts when it is found again five seconds later', async () => {
  using world = watch();
  for (const state of ['exited', 'stopped', 'dead', 'running', 'paused', 'stopping', 'created']) {
    world.expectEnd(state, state);
  }
  world.expectEnd('gone', 'running');
  world.states.delete('gone');
  await world.clock.advance(5_000);
  expect(world.ends).toEqual({});
  await world.clock.advance(5_000);
  const exit = { code: 7, outOfMemory: false };
  const unknown = { code: null, outOfMemory: false };
  expect(world.ends).toEqual({ exited: exit, stopped: exit, dead: exit, gone: unknown });
});

test('an end that an event has reported is not reported by a sweep', async () => {
  using world = watch();
  world.expectEnd('reported', 'exited');
  world.engine.isSlow = true;
  void world.exits.report('reported', 7);
  await world.clock.advance(20_000);
  expect(world.ends).toEqual({});
});

test('a sweep does not ask Docker where no end is awaited', async () => {
  using world = watch();
  await world.clock.advance(20_000);
  expect(world.engine.looks).toBe(0);
});

test('a sweep goes on after Docker was away', async () => {
  using world = watch();
  world.expectEnd('one', 'exited');
  world.engine.isAway = true;
  await world.clock.advance(10_000);
  world.engine.isAway = false;
  await world.clock.advance(10_000);
  expect(world.ends).toEqual({ one: { code: 7, outOfMemory: false } });
});

test('a sweep that is disposed of looks no more', async () => {
  const world = watch();
  world.expectEnd('one', 'exited');
  world[Symbol.dispose]();
  await world.clock.advance(60_000);
  expect(world.engine.looks).toBe(0);
});
