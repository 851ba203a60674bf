import { describe, expect, it } from 'vitest';
import type { Schemas } from './control-shapes.ts';
import { findFunction, findInstance } from './find-target.ts';

const toInstance = (id: string, fields: Partial<Schemas['Instance']> = {}): Schemas['Instance'] => ({
  ...{ id: id.padEnd(24, '0'), state: 'available', since: '2026-01-01T12:00:00.000Z', lease_ms: null },
  ...{ hostname: '', ipv4: '', ipv6: null, mac_addr: '', published_ports: {}, seed: 0, autoscaled: false },
  ...fields,
});

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();

const state = {
  functions: [
    {
      ...{ name: 'hello', container_id: '65a000000000000000000101', waiting: 0 },
      instances: [
        toInstance('c3f2', { latest_start: at(7) }),
        toInstance('c3f9', { latest_start: at(9) }),
        toInstance('d001', { state: 'claimed', since: at(10), latest_start: at(8) }),
      ],
    },
    {
      ...{ name: 'help', container_id: '65a000000000000000000102', waiting: 0 },
      instances: Array.from({ length: 10 }, (_, place) => toInstance(`ee${place}`)),
    },
    { ...{ name: 'c3', container_id: '65a000000000000000000103', waiting: 0 }, instances: [toInstance('0a')] },
  ],
} as Pick<Schemas['State'], 'functions'> as Schemas['State'];

const idOf = (wanted: string, toCome = false): string => findInstance(state, wanted, toCome).instance.id.slice(0, 4);

describe('an instance is found', () => {
  it.each([
    ['c3f2'.padEnd(24, '0'), 'c3f2', 'its ID'],
    ['c3f2', 'c3f2', 'a beginning that no other has'],
    ['hello', 'c3f9', 'its function, of which it ran last'],
    ['65a000000000000000000101', 'c3f9', 'the ID of that'],
    ['hell', 'c3f9', 'a beginning of its name'],
  ])('by %s: %s, %s', (wanted, id) => {
    expect(idOf(wanted)).toBe(id);
  });

  it('by its function, after a wait for its next run', () => {
    expect(idOf('hello', true)).toBe('d001');
  });

  it.each([
    [
      'c3f',
      'it is the beginning of c3f200000000000000000000 (hello), c3f900000000000000000000 (hello). Write more of it.',
    ],
    ['hel', 'it is the beginning of hello, help. Write more of it.'],
    ['ee', 'ee7000000000000000000000 (help) and 2 more. Write more of it.'],
    ['ab', 'no function has it. `cycle-scheduler ps` lists all'],
    ['', 'no function has it.'],
    ['help', 'Failed to find a run of help: it has not run yet.'],
    ['c3', 'Failed to find a run of c3: it has not run yet.'],
  ])('not by %j: %s', (wanted, message) => {
    expect(() => findInstance(state, wanted)).toThrow(message);
  });
});

describe('a function is found', () => {
  it.each([
    ['hello', 'hello'],
    ['hell', 'hello'],
    ['65a000000000000000000102', 'help'],
    ['c3', 'c3'],
  ])('by %s: %s', (wanted, name) => {
    expect(findFunction(state, wanted).name).toBe(name);
  });

  it.each([
    ['hel', 'Failed to find the function "hel": it is the beginning of hello, help. Write more of it.'],
    ['helo', 'Failed to find the function "helo": the emulator has only hello, help, c3, did you mean "hello"? Name'],
  ])('not by %s: %s', (wanted, message) => {
    expect(() => findFunction(state, wanted)).toThrow(message);
  });
});
