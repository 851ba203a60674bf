import '../shared/require-node.ts';
import type { EmulatorOptions } from '../emulator/public-types.ts';
import { type EmulatorInTests, hookEmulator } from './hooks.ts';

export type { EmulatorInTests } from './hooks.ts';

type Hook = (act: () => Promise<void>, timeoutMs?: number) => void;

/** Jest's hooks, which lie in its global scope, or those of `@jest/globals`. */
export type JestHooks = { readonly beforeAll: Hook; readonly afterEach: Hook; readonly afterAll: Hook };

/** Jest gives a hook five seconds, in which no image is built or pulled. */
const timeoutMs = 120_000;

/**
 * An emulator for the tests of a file or of a `describe`: started before them, taken back to its fixture's state after
 * each, stopped after the last. Runs under Jest's support for ECMAScript modules. Takes the hooks of any runner that
 * calls them as Jest does, by default the global ones.
 *
 *     const emulator = setUpEmulator({ stack: 'fixtures/hello.yaml' });
 *     test('…', async () => {
 *       await using claim = await emulator().claim('hello');
 *     });
 */
export const setUpEmulator = (options: EmulatorOptions, hooks: JestHooks = globalHooks()): EmulatorInTests =>
  hookEmulator(options, {
    beforeAll: (setUp) => hooks.beforeAll(setUp, timeoutMs),
    afterEach: (cleanUp) => hooks.afterEach(() => cleanUp(failedTest()), timeoutMs),
    afterAll: (tearDown) => hooks.afterAll(tearDown, timeoutMs),
  });

/**
 * Jest hands its hooks nothing; jest-circus keeps the test that runs in the global scope. Answers its name where it has failed;
 * under another runner, nothing.
 */
const failedTest = (): string | undefined => {
  const key = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL');
  const state = key && (globalThis as { readonly [key: symbol]: JestState | undefined })[key];
  const { name, errors } = state?.currentlyRunningTest ?? {};
  return errors?.length ? name : undefined;
};

type JestState = {
  readonly currentlyRunningTest?: { readonly name: string; readonly errors: readonly unknown[] } | null;
};

const globalHooks = (): JestHooks => {
  const { beforeAll, afterEach, afterAll } = globalThis as Partial<JestHooks>;
  if (beforeAll && afterEach && afterAll) return { beforeAll, afterEach, afterAll };
  throw new Error(
    'Failed to set up the emulator: there are no global hooks. Pass those of @jest/globals: setUpEmulator(options, { beforeAll, afterEach, afterAll }).',
  );
};
