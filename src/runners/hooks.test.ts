import { expect, test } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import { setUpEmulator } from './jest.ts';

const options = { stack: sampleStack({ hello: { instances: 1 } }), runtime: 'simulated' } as const;

/** A test runner's hooks, called by hand. */
const createRunner = () => {
  const hooks = { beforeAll: async () => {}, afterEach: async () => {}, afterAll: async () => {} };
  const keep = (name: keyof typeof hooks) => (act: () => Promise<void>) => {
    hooks[name] = act;
  };
  const register = { beforeAll: keep('beforeAll'), afterEach: keep('afterEach'), afterAll: keep('afterAll') };
  return { register, run: hooks };
};

test('the test helper starts an emulator before the tests, resets it after each, and stops it after the last', async () => {
  const { register, run } = createRunner();
  const emulator = setUpEmulator(options, register);
  expect(emulator).toThrow('it runs only during tests and their hooks');

  await run.beforeAll();
  const { url } = emulator();
  await emulator().claim('hello');
  await run.afterEach();
  expect(emulator().function('hello').counts).toMatchObject({ claimed: 0, available: 1 });

  await run.afterAll();
  expect(emulator).toThrow();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('the test helper takes back what a test has reloaded and scaled', async () => {
  const { register, run } = createRunner();
  const emulator = setUpEmulator(options, register);
  await run.beforeAll();
  const reloads: unknown[] = [];
  emulator().events.subscribe(({ name }) => name === 'stack.reloaded' && reloads.push(name));
  await run.afterEach();
  expect(reloads).toEqual([]);

  const ending = { environment: { CYCLE_SIMULATED_EXIT_CODE: '3' } };
  await emulator().reload(sampleStack({ hello: { instances: 3, ...ending }, other: {} }));
  await emulator().claim('hello');
  expect(await emulator().invoke('hello')).toMatchObject({ exitCode: 3 });
  await run.afterEach();
  expect(Object.keys(emulator().functions)).toEqual(['hello']);
  expect(emulator().function('hello').counts).toMatchObject({ claimed: 0, available: 1 });
  expect(emulator().stack.functions[0]).toMatchObject({ environment: {}, pool: { instances: 1 } });

  const { length } = reloads;
  await run.afterEach();
  expect(reloads).toHaveLength(length);
  await run.afterAll();
});

test('the test helper leaves the report of a failed start to the runner', async () => {
  const { register, run } = createRunner();
  setUpEmulator({ ...options, stack: 'no-such-stack.yaml' }, register);
  await expect(run.beforeAll()).rejects.toThrow('no-such-stack.yaml');
  await run.afterEach();
  await run.afterAll();
});

test('the test helper says which hooks to pass where none are global', () => {
  expect(() => setUpEmulator(options)).toThrow('Pass those of @jest/globals');
});
