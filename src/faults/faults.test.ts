import { expect, it } from 'vitest';
import { deriveObjectId } from '../ids.ts';
import { createMovableClock } from '../movable-clock.ts';
import type { Fault, FaultEvent, FaultOperation } from './fault.ts';
import { createFaults } from './faults.ts';
import { fitsPattern } from './matching.ts';

const containerId = deriveObjectId('container');
const instanceId = deriveObjectId('instance');
const error = { type: 'error', code: '503.not-ready' } as const;

/** Faults, and the IDs of those that fire at requests one after another. */
const arm = (faults: readonly Fault[], seed = 0) => {
  const events: FaultEvent[] = [];
  const inForce = createFaults({
    seed,
    faults,
    clock: createMovableClock({ frozenAt: 5 }),
    onFire: (event) => events.push(event),
    nameOf: (id) => (id === containerId ? 'hello' : undefined),
  });
  const ask = (operation: FaultOperation = 'claim', token = 'a token', id: string = containerId) =>
    inForce.first(['error'], { operation, containerId: id, instanceId, token })?.id ?? null;
  return { inForce, events, ask, times: (count: number) => Array.from({ length: count }, () => ask()) };
};

it('fires at what fits, by operation, function and token', () => {
  const { ask } = arm([{ id: 'one', match: { operation: 'claim', function: 'hello', token: 'a*' }, effect: error }]);
  expect(ask()).toBe('one');
  expect(ask('spawn')).toBeNull();
  expect(ask('claim', 'another token')).toBe('one');
  expect(ask('claim', 'the token')).toBeNull();
  expect(ask('claim', 'a token', deriveObjectId('another container'))).toBeNull();
});

it('fires at the nth alone, or so many times and no more', () => {
  expect(arm([{ id: 'x', match: { nth: 2 }, effect: error }]).times(4)).toEqual([null, 'x', null, null]);
  expect(arm([{ id: 'x', match: { times: 2 }, effect: error }]).times(4)).toEqual(['x', 'x', null, null]);
});

it('counts a moment for every fault, though one of them rules out the others', () => {
  const second = { id: 'second', match: { nth: 2 }, effect: error };
  const third = { id: 'third', match: { nth: 3 }, effect: error };
  expect(arm([second, third]).times(3)).toEqual([null, 'second', 'third']);
});

it('hits the same moments with the same seed, and others with another', () => {
  const half = { id: 'half', match: { probability: 0.5 }, effect: error };
  const hits = arm([half], 7).times(200);
  expect(arm([{ id: 'never', match: { token: 'x' }, effect: error }, half], 7).times(200)).toEqual(hits);
  expect(arm([half], 8).times(200)).not.toEqual(hits);
  const count = hits.filter((id) => id !== null).length;
  expect(count).toBeGreaterThan(70);
  expect(count).toBeLessThan(130);
  expect(arm([{ match: { probability: 0 }, effect: error }]).times(20)).toEqual(Array.from({ length: 20 }, () => null));
});

it('tells of each fault that fires, without a token', () => {
  const { ask, events } = arm([{ effect: error }]);
  ask('spawn', 'a secret token');
  ask('spawn', 'a secret token', 'a secret token instead of an ID');
  const event = { name: 'fault.fired', at: 5, id: 'fault-1', effect: 'error', containerId, instanceId };
  expect(events).toEqual([event, { ...event, containerId: null }]);
});

it('is listed, removed, and reset to what it began with', () => {
  const { inForce, ask } = arm([{ id: 'first', match: { nth: 2 }, effect: error }]);
  const id = inForce.add({ effect: error });
  expect(id).toBe('fault-1');
  expect(ask()).toBe(id);
  expect(inForce.list()).toMatchObject([
    { id: 'first', fired: 0 },
    { id, match: {}, effect: error, fired: 1 },
  ]);
  expect(inForce.remove(id)).toBe(true);
  expect(inForce.remove(id)).toBe(false);
  inForce.reset();
  expect([ask(), ask()]).toEqual([null, 'first']);
  inForce.clear();
  expect(inForce.list()).toEqual([]);
});

it('tells whom it holds up that it was removed', () => {
  const { inForce } = arm([{ id: 'gone', effect: { type: 'poolExhausted' } }]);
  const hit = inForce.first(['poolExhausted'], { operation: 'claim', containerId, instanceId: null, token: null });
  expect(hit?.removed.aborted).toBe(false);
  inForce.remove('gone');
  expect(hit?.removed.aborted).toBe(true);
});

it('refuses a second fault of the same ID', () => {
  const { inForce } = arm([{ id: 'twin', effect: error }]);
  expect(() => inForce.add({ id: 'twin', effect: error })).toThrow(
    'Failed to add fault "twin": there is one of that ID. Remove it first, or choose another ID.',
  );
});

it.each([
  ['token', 'token', true],
  ['token', 'tokens', false],
  ['*', '', true],
  ['job-*', 'job-7', true],
  ['job-*', 'a job-7', false],
  ['*-7', 'job-7', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'acb', false],
  ['aa*aa', 'aaa', false],
  ['a*b*b', 'ab', false],
  ['a.c', 'abc', false],
])('reads %j as a pattern that %j fits: %s', (pattern, text, fitting) => {
  expect(fitsPattern(pattern, text)).toBe(fitting);
});
