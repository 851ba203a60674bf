import { describe, expect, it } from 'vitest';
import { parseJob, parseSample, sample } from '../../test/support/stack/sample.ts';
import { deriveObjectId } from '../shared/ids.ts';
import { parseStack } from './load-stack.ts';

const config = '.config';

describe('parseStack', () => {
  it('fills in everything that the smallest function leaves out', () => {
    expect(parseSample()).toEqual({
      source: 'sample.yaml',
      idsFrom: { name: 'sample', isStated: false },
      environment: { id: deriveObjectId('environment', 'sample') },
      serverId: deriveObjectId('server', 'sample'),
      network: null,
      accessKeys: [{ name: 'local', secret: 'local-secret', ips: [] }],
      functions: [
        {
          containerId: deriveObjectId('container', 'sample', 'job'),
          hot: null,
          warm: null,
          identifier: 'job',
          name: 'job',
          image: { type: 'registry', reference: 'busybox:1.37', credentials: null },
          pool: {
            instances: 1,
            maxPoolSize: 1,
            maxShardConcurrency: null,
            maxRuntimeMs: null,
            maxQueueTimeMs: 5_000,
            minTtlMs: null,
          },
          shutdown: { signals: ['SIGTERM'], graceMs: 10_000 },
          checks: { readiness: null, health: null },
          command: null,
          workdir: null,
          environment: {},
          files: [],
          network: { public: 'disable', hostname: 'job', ports: [] },
          resources: {
            cpus: null,
            cpuShares: null,
            memoryBytes: null,
            memoryReservationBytes: null,
            sharedMemoryBytes: null,
          },
          processes: 4_096,
          sysctls: {},
          rlimits: {},
          capabilities: [],
          readOnlyRoot: false,
        },
      ],
      otherContainers: [],
      seed: 0,
      faults: [],
      linked: [],
      controllers: [],
      warnings: [],
    });
  });

  it('reads the same from an object, from YAML and from JSON with tabs', () => {
    const options = { source: 'sample.yaml', root: '/stacks' };
    const json = JSON.stringify(sample(), null, '\t');
    expect(parseStack(json, options)).toEqual(parseSample());
    expect(parseStack(sample(), options)).toEqual(parseSample());
  });

  it('takes null for absent everywhere below a container, as the platform writes it', () => {
    const nothing = { network: null, scaling: null, runtime: null, resources: null, integrations: null };
    const deploy = { strategy: 'function', instances: 1, function: null, shutdown: null, health_check: null };
    expect(parseJob({ [config]: { ...nothing, deploy }, '.name': null, '.volumes': null })).toEqual(parseJob());
  });

  it('takes the token of a registry where a form of the platform left the password empty', () => {
    const details = { url: 'registry.example.com', target: 'a', username: 'user', password: '', token: 'token' };
    const { image } = parseJob({ '.image.origin': { type: 'docker-registry', details } });
    expect(image).toMatchObject({ credentials: { username: 'user', password: 'token' } });
  });

  it.each([
    ['.name', 'Job', { name: 'Job' }],
    [`${config}.deploy.instances`, 0, { pool: { instances: 0, maxPoolSize: 1 } }],
    [`${config}.deploy.instances`, 3, { pool: { instances: 3, maxPoolSize: 3 } }],
    [`${config}.deploy.function.max_pool_size`, 9, { pool: { instances: 1, maxPoolSize: 9 } }],
    [`${config}.deploy.function.max_shard_concurrency`, 2, { pool: { maxShardConcurrency: 2 } }],
    [`${config}.deploy.function.max_runtime`, '1h30m', { pool: { maxRuntimeMs: 5_400_000 } }],
    [`${config}.deploy.function.max_queue_time`, '0s', { pool: { maxQueueTimeMs: 0 } }],
    [`${config}.deploy.shutdown.graceful_timeout`, '1m', { shutdown: { signals: ['SIGTERM'], graceMs: 60_000 } }],
    [`${config}.deploy.shutdown.signals`, ['SIGINT', 'SIGQUIT'], { shutdown: { signals: ['SIGINT', 'SIGQUIT'] } }],
    [`${config}.deploy.shutdown.signals`, [], { shutdown: { signals: ['SIGTERM'] } }],
    [`${config}.network.public`, 'egress-only', { network: { public: 'egress-only' } }],
    [`${config}.network.hostname`, 'other', { network: { hostname: 'other' } }],
    [`${config}.network.ports`, ['80:5000', '3000'], { network: { ports: [port(80, 5000), port(3000, 3000)] } }],
    [
      `${config}.runtime.command`,
      { path: '/bin/sh', args: '-c "a b"' },
      { command: { path: '/bin/sh', args: ['-c', 'a b'] } },
    ],
    [`${config}.runtime.command`, { path: '', args: 'a' }, { command: { path: null, args: ['a'] } }],
    [`${config}.runtime.command`, { path: '', args: '' }, { command: null }],
    [`${config}.runtime.workdir`, '/srv', { workdir: '/srv' }],
    [`${config}.runtime.environment_vars`, { A: '1', B: '' }, { environment: { A: '1', B: '' } }],
    [`${config}.runtime.sysctl`, { 'net.core.somaxconn': '1024' }, { sysctls: { 'net.core.somaxconn': '1024' } }],
    [`${config}.runtime.rlimits`, { RLIMIT_NOFILE: limit(1, 2) }, { rlimits: { nofile: limit(1, 2) } }],
    [`${config}.runtime.rlimits`, { core: limit(-1, -1) }, { rlimits: { core: limit(-1, -1) } }],
    [`${config}.runtime.capabilities`, ['CAP_NET_ADMIN'], { capabilities: ['CAP_NET_ADMIN'] }],
    [`${config}.runtime.rootfs.readonly`, true, { readOnlyRoot: true }],
    [`${config}.runtime.devices.shm_size`, '1G', { resources: { sharedMemoryBytes: 1024 ** 3 } }],
    [`${config}.resources.cpu.shares`, { limit: 5, reserve: 10 }, { resources: { cpus: 0.5, cpuShares: 1024 } }],
    [`${config}.resources.cpu.cpus`, '1.5', { resources: { cpus: 1.5, cpuShares: null } }],
    [`${config}.resources.cpu.shares`, { limit: 0, reserve: 0 }, { resources: { cpus: null, cpuShares: null } }],
    [
      `${config}.resources.ram`,
      { limit: '1M', reserve: '1K' },
      { resources: { memoryBytes: 1024 ** 2, memoryReservationBytes: 1024 } },
    ],
  ])('honours %s: %j', (path, value, expected) => {
    expect(parseJob({ [path]: value })).toMatchObject(expected);
    expect(parseSample({ [path]: value }).warnings).toEqual([]);
  });

  it('knows the containers that are no functions by their IDs, and reads the rest in spite of their problems', () => {
    const stack = parseSample({
      'containers.database': { config: { deploy: { strategy: 'first-available', instances: 'many' } } },
      'containers.plain': {},
    });
    expect(stack.otherContainers).toEqual([
      { identifier: 'database', containerId: deriveObjectId('container', 'sample', 'database') },
      { identifier: 'plain', containerId: deriveObjectId('container', 'sample', 'plain') },
    ]);
    expect(stack.functions).toHaveLength(1);
    expect(stack.warnings).toEqual([
      'containers.database.config.deploy.instances: got "many", expected a whole number from 0 to 60000',
      'containers.database.image.origin: missing, expected an image origin',
      'containers.plain.config.deploy.instances: missing, expected a whole number from 0 to 60000',
      'containers.plain.image.origin: missing, expected an image origin',
    ]);
  });

  it('answers values that are frozen', () => {
    const stack = parseSample({ [`${config}.runtime.environment_vars`]: { A: '1' } });
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      for (const inner of Object.values(value)) visit(inner);
    };
    visit(stack);
  });

  it('leaves its input as it was', () => {
    const given = sample({ [`${config}.runtime.environment_vars`]: { A: '1' } });
    const before = structuredClone(given);
    parseStack(given, { source: 'sample', root: '/' });
    expect(given).toEqual(before);
    expect(Object.isFrozen(given)).toBe(false);
  });
});

describe('IDs', () => {
  const given = '65a0000000000000000000aa';

  it('are the same for the same names, wherever the file lies', () => {
    const first = parseStack(sample(), { source: '/a/stack.yaml', root: '/a' });
    const second = parseStack(sample(), { source: '/b/stack.json', root: '/b' });
    expect(second.environment).toEqual(first.environment);
    expect(second.functions[0]?.containerId).toBe(first.functions[0]?.containerId);
  });

  it('change with the name of the environment, which can be given', () => {
    const renamed = parseSample({ 'emulator.environment.name': 'production' });
    expect(renamed.environment.id).toBe(deriveObjectId('environment', 'production'));
    expect(renamed.serverId).not.toBe(parseSample().serverId);
  });

  it.each([
    ['emulator.environment.id', (stack: ReturnType<typeof parseSample>) => stack.environment.id],
    ['emulator.server.id', (stack: ReturnType<typeof parseSample>) => stack.serverId],
    ['emulator.containers.job.id', (stack: ReturnType<typeof parseSample>) => stack.functions[0]?.containerId],
  ])('can be given at %s', (path, read) => {
    expect(read(parseSample({ [path]: given }))).toBe(given);
  });
});

function port(external: number, internal: number) {
  return { external, internal };
}

function limit(soft: number, hard: number) {
  return { soft, hard };
}
