import '../shared/require-node.ts';
import { type TestAPI, test } from 'vitest';
import type { EmulatorOptions } from '../emulator/public-types.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import { lookAt } from '../emulator/witness.ts';
import { report, toFixture } from './hooks.ts';

export type EmulatorFixtures = {
  /** The emulator, which goes back to its fixture's state when the test is over. */
  readonly emulator: Emulator;
  /** The same for hooks around many tests (`test.beforeAll`); it is not reset. */
  readonly sharedEmulator: Emulator;
};

export type EmulatorTestOptions = EmulatorOptions & {
  /**
   * How long one emulator is used: for a `file`, the default, or for all files of a `worker`. Tests that run at the same
   * time would reset it under one another's feet: `test.concurrent` takes one for each `test`.
   */
  readonly scope?: 'test' | 'file' | 'worker';
};

/**
 * Vitest's `test` with an emulator as a fixture. It starts with the first test that asks for it, whose timeout has to
 * leave time for images that are built or pulled first.
 *
 *     const test = createEmulatorTest({ stack: 'fixtures/hello.yaml' });
 *     test('…', async ({ emulator }) => {
 *       await using claim = await emulator.claim('hello');
 *     });
 */
export const createEmulatorTest = ({ scope = 'file', ...options }: EmulatorTestOptions): TestAPI<EmulatorFixtures> =>
  test.extend<EmulatorFixtures>({
    sharedEmulator: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures this one needs.
      async ({}, use) => {
        await using emulator = await startEmulator(options);
        await use(emulator);
      },
      { scope },
    ],
    emulator: async ({ sharedEmulator, task }, use) => {
      const witness = lookAt(sharedEmulator);
      const takeBack = toFixture(sharedEmulator);
      await use(sharedEmulator);
      if (task.result?.state === 'fail') report(witness(task.name));
      await takeBack();
    },
  });
