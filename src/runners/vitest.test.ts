import { describe, expect } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import type { Emulator } from '../emulator/start-emulator.ts';
import { createEmulatorTest } from './vitest.ts';

const options = { stack: sampleStack({ hello: { instances: 1 } }), runtime: 'simulated' } as const;

const test = createEmulatorTest(options);
const isolatedTest = createEmulatorTest({ ...options, scope: 'test' });

describe('a test with an emulator', () => {
  const sessions = new Set<string>();

  test('may leave an instance claimed', async ({ emulator }) => {
    await emulator.claim('hello');
    expect(emulator.function('hello').counts.claimed).toBe(1);
    sessions.add(emulator.session);
  });

  test('finds no instance claimed by another test, on the same emulator', ({ emulator }) => {
    expect(emulator.function('hello').counts).toMatchObject({ claimed: 0, available: 1 });
    expect(sessions).toContain(emulator.session);
  });
});

describe('a test that reloads', () => {
  const sizeOf = (emulator: Emulator): number => emulator.function('hello').instances().length;

  test('has the stack that it asked for', async ({ emulator }) => {
    await emulator.reload(sampleStack({ hello: { instances: 3 } }));
    expect(sizeOf(emulator)).toBe(3);
  });

  test('leaves the stack of the fixture to the next', ({ emulator }) => {
    expect(sizeOf(emulator)).toBe(1);
  });
});

describe('tests at the same time', () => {
  const sessions = new Set<string>();

  isolatedTest.concurrent.for([1, 2, 3])('have an emulator each: %i', async (_number, { emulator, expect: check }) => {
    await emulator.claim('hello');
    check(sessions).not.toContain(emulator.session);
    sessions.add(emulator.session);
  });
});
