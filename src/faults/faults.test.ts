import { expect, it } from 'vitest';
import { createMovableClock } from '../shared/clock.ts';
import { deriveObjectId } from '../shared/ids.ts';
import type { Fault } from '../stack/model.ts';
import type { FaultOperation } from '../stack/stack-faults.ts';
import { createFaults, type FaultEvent, fitsPattern } from './faults.ts';

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

it('a fault fires at calls that fit by operation, function and token', () => {
  const { ask } = arm([{ id: 'one', match: { operation: 'claim', function: 'hello', token: 'a*' }, effect: error }]);
  expect(ask()).toBe('one');
  expect(ask('spawn')).toBeNull();
  expect(ask('claim', 'another token')).toBe('one');
  expect(ask('claim', 'the token')).toBeNull();
  expect(ask('claim', 'a token', deriveObjectId('another container'))).toBeNull();
});

it('a fault fires at the nth moment alone, or so many times and no more', () => {
  expect(arm([{ id: 'x', match: { nth: 2 }, effect: error }]).times(4)).toEqual([null, 'x', null, null]);
  expect(arm([{ id: 'x', match: { times: 2 }, effect: error }]).times(4)).toEqual(['x', 'x', null, null]);
});

it('a call counts for every fault that it fits, though one fault rules out the others', () => {
  const second = { id: 'second', match: { nth: 2 }, effect: error };
  const third = { id: 'third', match: { nth: 3 }, effect: error };
  expect(arm([second, third]).times(3)).toEqual([null, 'second', 'third']);
});

it('faults hit the same moments with the same seed, and others with another', () => {
  const half = { id: 'half', match: { probability: 0.5 }, effect: error };
  const hits = arm([half], 7).times(200);
  expect(arm([{ id: 'never', match: { token: 'x' }, effect: error }, half], 7).times(200)).toEqual(hits);
  expect(arm([half], 8).times(200)).not.toEqual(hits);
  const count = hits.filter((id) => id !== null).length;
  expect(count).toBeGreaterThan(70);
  expect(count).toBeLessThan(130);
  expect(arm([{ match: { probability: 0 }, effect: error }]).times(20)).toEqual(Array.from({ length: 20 }, () => null));
});

it('a fault that fires has an event, without a token', () => {
  const { ask, events } = arm([{ effect: error }]);
  ask('spawn', 'a secret token');
  ask('spawn', 'a secret token', 'a secret token instead of an ID');
  const event = { name: 'fault.fired', at: 5, id: 'fault-1', effect: 'error', containerId, instanceId };
  expect(events).toEqual([event, { ...event, containerId: null }]);
});

it('faults are listed, removed, and reset to those of the beginning', () => {
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

it('a removed fault ends what it delays', () => {
  const { inForce } = arm([{ id: 'gone', effect: { type: 'poolExhausted' } }]);
  const hit = inForce.first(['poolExhausted'], { operation: 'claim', containerId, instanceId: null, token: null });
  expect(hit?.removed.aborted).toBe(false);
  inForce.remove('gone');
  expect(hit?.removed.aborted).toBe(true);
});

it('a second fault of the same ID is refused', () => {
  const { inForce } = arm([{ id: 'twin', effect: error }]);
  expect(() => inForce.add({ id: 'twin', effect: error })).toThrow(
    'Failed to add fault "twin": another fault has this ID. Remove that fault, or choose another ID.',
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
])('the pattern %j fits %j: %s', (pattern, text, fitting) => {
  expect(fitsPattern(pattern, text)).toBe(fitting);
});
