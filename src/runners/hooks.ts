import type { EmulatorOptions } from '../emulator/public-types.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import { lookAt, type Witness } from '../emulator/witness.ts';

/** What a test runner calls before, between and after the tests of a file or suite. */
export type Hooks = {
  beforeAll(setUp: () => Promise<void>): void;
  /** `failed` is the name of the test, where the runner says that it has. */
  afterEach(cleanUp: (failed?: string) => Promise<void>): void;
  afterAll(tearDown: () => Promise<void>): void;
};

/** Answers the emulator while tests run; throws before and after. */
export type EmulatorInTests = () => Emulator;

/**
 * Starts an emulator before the tests, takes it back to its fixture's state after each, so that no test finds what
 * another has left, and stops it after the last. What it saw of a test that has failed is printed.
 */
export const hookEmulator = (options: EmulatorOptions, hooks: Hooks): EmulatorInTests => {
  let running: Emulator | null = null;
  let witness: Witness = () => '';
  let takeBack = async (): Promise<void> => {};
  const emulator = (): Emulator => {
    if (running !== null) return running;
    throw new Error('Failed to use the emulator: it runs only during tests and their hooks. Use it inside those.');
  };
  hooks.beforeAll(async () => {
    running = await startEmulator(options);
    takeBack = toFixture(running);
    witness = lookAt(running);
  });
  // Where the start has failed, the runner reports that; nothing is to be reset or stopped then.
  hooks.afterEach(async (failed) => {
    if (running === null) return;
    if (failed !== undefined) report(witness(failed));
    await takeBack();
    witness = lookAt(running);
  });
  hooks.afterAll(async () => {
    await running?.stop();
    running = null;
  });
  return emulator;
};

/**
 * Answers what takes the emulator back to the state and the stack that it has now. A reload costs what it costs, so only a
 * stack that has changed is given back: reloads and other sizes have another one. The second reset puts its pools into order.
 */
export const toFixture = (emulator: Emulator): (() => Promise<void>) => {
  let fixture = emulator.stack;
  return async () => {
    await emulator.reset();
    if (emulator.stack === fixture) return;
    await emulator.reload(fixture);
    fixture = emulator.stack;
    await emulator.reset();
  };
};

/** Says beside the runner's own report what the emulator saw of a test. */
export const report = (seen: string): void => void process.stderr.write(`${seen}\n`);
