import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type SampleFunction, sampleStack, writeSampleStack } from '../../test/support/sample-stack.ts';
import { loadStack } from '../stack/load-stack.ts';
import { startEmulator } from './start-emulator.ts';

type Functions = Readonly<Record<string, SampleFunction>>;

const start = (functions: Functions, options: object = {}) =>
  startEmulator({ stack: sampleStack(functions), runtime: 'simulated', ...options });

const idsOf = (instances: readonly { readonly id: string }[]) => instances.map(({ id }) => id);

test('a reload replaces the containers of functions whose options have changed, and keeps their IDs', async () => {
  await using emulator = await start({ hello: { instances: 3 }, other: {} });
  const { id } = emulator.function('hello');
  const before = idsOf(emulator.function('hello').instances());
  const made: unknown[] = [];
  emulator.events.subscribe((event) => {
    if (event.name === 'instance.available') made.push(event.containerId);
  });
  const reloaded = await emulator.reload(sampleStack({ hello: { instances: 3, environment: { A: 'b' } }, other: {} }));
  expect(reloaded).toMatchObject({ faults: false, needsRestart: [] });
  expect(reloaded.functions).toEqual([
    {
      ...{ name: 'hello', containerId: id, kind: 'changed', differs: ['options'] },
      ...{ made: 3, size: 3, sizeBefore: 3, left: 0, failure: null },
    },
  ]);
  expect(made).toEqual([id, id, id]);
  expect([emulator.function('hello').id, idsOf(emulator.function('hello').instances())]).toEqual([id, before]);
});

test('a claim from before a reload is spawned with the variables of its stack, the next with those of the new one', async () => {
  const ending = (code: string) => ({ hello: { environment: { CYCLE_SIMULATED_EXIT_CODE: code } } });
  await using emulator = await start(ending('3'));
  const exits: unknown[] = [];
  emulator.events.subscribe((event) => {
    if (event.name === 'instance.ended') exits.push(event.exit.code);
  });
  const claim = await emulator.claim('hello');
  expect(await emulator.reload(sampleStack(ending('4')))).toMatchObject({ functions: [{ made: 0, left: 1 }] });
  const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
  await claim.spawn();
  await ended;
  await claim.release();
  expect((await emulator.invoke('hello')).exitCode).toBe(4);
  expect(exits).toEqual([3, 4]);
});

test('a reload adds and removes functions, with addresses that no other has or had', async () => {
  await using emulator = await start({ one: {}, two: {} });
  const addressOf = (name: string) => emulator.function(name).instances()[0]?.network.ipv4;
  const [one, two] = [addressOf('one'), addressOf('two')];
  const reloaded = await emulator.reload(sampleStack({ three: { instances: 2 }, two: {} }));
  expect(reloaded.functions.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['one', 'removed', 0],
    ['three', 'added', 2],
  ]);
  expect(Object.keys(emulator.functions).toSorted()).toEqual(['three', 'two']);
  expect(() => emulator.function('one')).toThrow('the stack has only three, two');
  expect(addressOf('two')).toBe(two);
  expect([one, two]).not.toContain(addressOf('three'));
  await (await emulator.claim('three')).release();
  await emulator.reload(sampleStack({ one: {} }));
  expect(addressOf('one')).toBe(one);
});

test('a reload sets the faults of the stack, and a reset sets them again', async () => {
  const stack = sampleStack({ hello: {} });
  await using emulator = await start({ hello: {} });
  emulator.faults.add({ id: 'by hand', effect: { type: 'delay', ms: 1 } });
  const faults = [{ id: 'of the stack', effect: { type: 'delay', ms: 1 } }] as const;
  expect(await emulator.reload({ ...stack, faults })).toMatchObject({ faults: true });
  const ids = () => emulator.faults.list().map(({ id }) => id);
  expect(ids()).toEqual(['of the stack']);
  emulator.faults.clear();
  await emulator.reset();
  expect(ids()).toEqual(['of the stack']);
});

test('a reload names the settings that a running emulator cannot change, and keeps them', async () => {
  const stack = sampleStack({ hello: {} });
  await using emulator = await start({ hello: {} });
  const accessKeys = [{ name: 'other', secret: 'other-secret', ips: [] }];
  const network = { ...stack, network: 'elsewhere', accessKeys };
  expect((await emulator.reload(network)).needsRestart).toEqual([
    'emulator.network',
    'services.scheduler.config.access_keys',
  ]);
  expect(emulator.stack).toMatchObject({ network: null, accessKeys: stack.accessKeys });
});

test('a stack file that is broken changes nothing, and reloads follow one another', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-reload-'));
  const path = join(folder.path, 'stack.json');
  writeSampleStack(path, { hello: {} });
  await using emulator = await startEmulator({ stack: path, runtime: 'simulated' });
  writeFileSync(path, '{"version": "1.0", "containers": {');
  await expect(emulator.reload()).rejects.toMatchObject({ code: 'ERR_STACK_INVALID' });
  expect(emulator.function('hello').counts).toMatchObject({ available: 1 });
  writeSampleStack(path, { hello: { instances: 2 } });
  // The file is slower to read.
  await Promise.all([emulator.reload(), emulator.reload(sampleStack({ other: {} }))]);
  expect(Object.keys(emulator.functions)).toEqual(['other']);
});

test('a stack in code without a key keeps the key that was made for it', async () => {
  const container = {
    ...{ name: 'Job', stateful: false },
    image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
  };
  const stackOf = (instances: number) => ({
    version: '1.0',
    containers: {
      job: {
        ...container,
        config: {
          network: { public: 'disable', hostname: 'job' },
          deploy: { instances, strategy: 'function', function: {} },
        },
      },
    },
  });
  await using emulator = await startEmulator({ stack: stackOf(1), runtime: 'simulated' });
  const { accessKey } = emulator;
  expect(await emulator.reload(stackOf(2))).toMatchObject({
    needsRestart: [],
    functions: [{ sizeBefore: 1, size: 2 }],
  });
  expect(emulator.accessKey).toBe(accessKey);
});

test('a function whose container cannot be made after a reload says why, and is tried again', async () => {
  await using emulator = await start({ hello: {} });
  emulator.faults.add({ id: 'away', effect: { type: 'dockerAway' } });
  await expect(emulator.claim('hello')).rejects.toThrow();
  const changed = sampleStack({ hello: { environment: { A: 'b' } } });
  const { functions } = await emulator.reload(changed, { rebuild: [] });
  expect(functions[0]).toMatchObject({ made: 0, failure: expect.stringContaining('container runtime') });
  const available = emulator.events.waitFor(({ name }) => name === 'instance.available');
  emulator.faults.clear();
  await available;
});

test('a stack under another name that states no IDs has those of the running one, in a file, as an object and read', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-reload-'));
  const [path, other] = ['stack.json', 'other.json'].map((name) => join(folder.path, name)) as [string, string];
  writeSampleStack(path, { orders: {}, bill: {} });
  await using emulator = await startEmulator({ stack: path, runtime: 'simulated' });
  const ids = () => [emulator.stack.environment.id, emulator.stack.serverId, emulator.function('orders').id];
  const before = ids();
  const toStack = (most: number) => ({ orders: { limits: { max_pool_size: most } }, bill: {} });
  const ways = [
    { most: 2, read: () => other },
    { most: 3, read: (text: string) => JSON.parse(text) },
    { most: 4, read: () => loadStack(other) },
  ];
  for (const { most, read } of ways) {
    writeSampleStack(other, toStack(most));
    const { functions, needsRestart } = await emulator.reload(await read(readFileSync(other, 'utf8')));
    expect(functions).toMatchObject([{ name: 'orders', kind: 'changed', differs: ['limits'] }]);
    expect([needsRestart, ids()]).toEqual([[], before]);
  }
  writeSampleStack(other, { ...toStack(4), added: {} });
  await emulator.reload(other);
  const added = emulator.function('added').id;
  writeSampleStack(path, { ...toStack(4), added: {} });
  expect((await emulator.reload()).functions).toEqual([]);
  expect(emulator.function('added').id).toBe(added);
});

test('IDs that a stack states otherwise stay, and need a restart', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-reload-'));
  const path = join(folder.path, 'sample.json');
  await using emulator = await start({ one: {}, two: {} });
  const { id } = emulator.function('one');
  writeSampleStack(path, { one: {}, two: {} });
  const sample = JSON.parse(readFileSync(path, 'utf8'));
  const reload = (section: object) => emulator.reload({ ...sample, emulator: section });
  const nothing = { functions: [], faults: false };
  const own = 'a'.repeat(24);
  expect(await reload({ environment: { name: 'elsewhere' } })).toMatchObject({
    ...nothing,
    needsRestart: ['emulator.environment', 'emulator.server'],
  });
  expect(await reload({ server: { id: own } })).toMatchObject({ ...nothing, needsRestart: ['emulator.server'] });
  const needsRestart = ['emulator.containers.one.id'];
  expect(await reload({ containers: { one: { id: own } } })).toMatchObject({ ...nothing, needsRestart });
  expect(emulator.function('one').id).toBe(id);
  const swapped = { ...sample, containers: { ...sample.containers, three: sample.containers.one } };
  const taking = { ...swapped, emulator: { containers: { one: { id: own }, three: { id } } } };
  await expect(emulator.reload(taking)).rejects.toThrow(`the ID ${id} is that of one until a restart`);
});
