import '../shared/require-node.ts';
import { after, afterEach, before } from 'node:test';
import type { EmulatorOptions } from '../emulator/public-types.ts';
import { type EmulatorInTests, hookEmulator } from './hooks.ts';

export type { EmulatorInTests } from './hooks.ts';

/**
 * An emulator for the tests of a file or of a `describe`: started before them, taken back to its fixture's state after
 * each, stopped after the last.
 *
 *     const emulator = setUpEmulator({ stack: 'fixtures/hello.yaml' });
 *     test('…', async () => {
 *       await using claim = await emulator().claim('hello');
 *     });
 */
export const setUpEmulator = (options: EmulatorOptions): EmulatorInTests =>
  hookEmulator(options, {
    beforeAll: before,
    afterEach: (cleanUp) =>
      afterEach((context) => cleanUp('error' in context && context.error ? context.name : undefined)),
    afterAll: after,
  });
