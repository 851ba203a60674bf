import { describe, expect, it } from 'vitest';
import { sampleContainer } from '../../test/support/runtime/sample-container.ts';
import type { CommandRequest, ContainerRuntime } from '../runtime/port.ts';
import { startSimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import type { InstanceRecord } from '../scheduler/records.ts';
import { createMovableClock, type MovableClock } from '../shared/clock.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../shared/ids.ts';
import type { Checks, HealthCheck } from '../shared/types.ts';
import { Engine } from './engine.ts';
import type { FunctionSetup, InstanceSetup, StateStore } from './service.ts';
import { Work } from './work.ts';

const containerId = deriveObjectId<ContainerId>('container', 'checks test');
const instanceId = deriveObjectId<InstanceId>('instance', 'checks test');
const serverId = deriveObjectId<ServerId>('server', 'checks test');
const start = Date.UTC(2030, 0);
const network = { number: 1, ipv6: false, schedulerAddresses: [] };

const readiness = { command: ['is-ready', 'a b'], intervalMs: 1_000, timeoutMs: 300 };
const health: HealthCheck = { ...readiness, command: ['is-healthy'], retries: 2, delayMs: 5_000, restart: false };

const setup = (checks?: Checks): FunctionSetup => ({
  identifier: 'sample',
  pool: {
    containerId,
    instances: 1,
    maxPoolSize: 1,
    hot: 0,
    maxShardConcurrency: null,
    maxRuntimeMs: null,
    maxQueueTimeMs: 0,
    keepsVariables: checks !== undefined,
    instanceIdAt: () => instanceId,
  },
  describeInstance: () => ({
    network: {} as InstanceSetup['network'],
    container: { ...sampleContainer('sample', network), instanceId, functionId: containerId },
    environmentWith: (variables) => ({ OWN: '1', ...variables }),
    ...(checks === undefined ? {} : { checks }),
  }),
});

type Options = {
  readonly checks?: Checks;
  readonly store?: StateStore;
  readonly clock?: MovableClock;
  readonly resume?: ContainerRuntime['resume'];
  /** Only the kill ends its runs, ten seconds after a stop has begun. */
  readonly ignoresSignals?: boolean;
};

/** An engine over a simulated runtime on a frozen clock; a test says how the next checks end. */
const startEngine = async ({
  checks,
  store,
  clock = createMovableClock({ frozenAt: start }),
  resume,
  ignoresSignals = false,
}: Options) => {
  const requests: (CommandRequest & { readonly at: number })[] = [];
  const sample = {
    /** By the command's first word; a promise goes on until it settles. */
    codes: {} as Record<string, number | Promise<number>>,
  };
  const exec = (request: CommandRequest): Promise<number> | number => {
    requests.push({ ...request, at: clock.now() - start });
    return sample.codes[request.command[0] ?? ''] ?? 0;
  };
  const runtime = startSimulatedRuntime({ clock, behaviour: () => ({ exec, ignoresSignals }) });
  if (resume !== undefined) Object.assign(runtime, { resume });
  const work = new Work();
  const engine = new Engine({ serverId, otherContainers: [], ...(store && { store }) }, runtime, clock, work);
  const events: SchedulerEvent[] = [];
  engine.subscribe((event) => events.push(event));
  await engine.fill([setup(checks)]);
  const advance = (ms: number) => {
    const mark = work.begun;
    return clock.advance(ms, () => work.doneSince(mark));
  };
  return Object.assign(sample, {
    engine,
    clock,
    runtime,
    requests,
    advance,
    run: async (variables = {}) => {
      await engine.claim({ containerId, token: 'token', signal: new AbortController().signal });
      const spawned = await engine.spawn({ containerId, instanceId, token: 'token', variables });
      expect(spawned.ok).toBe(true);
      await advance(0);
    },
    release: () => engine.release({ containerId, instanceId, token: 'token' }),
    /** What `active` says of the one instance. */
    findings: () => {
      const active = engine.active({ containerId });
      const [instance] = active.ok ? active.value : [];
      return instance && { readiness: instance.readiness, health: instance.health };
    },
    times: (command: string) => requests.filter((one) => one.command[0] === command).map(({ at }) => at),
    /** Events of checks, and of what follows from them, with their times. */
    said: () =>
      events
        .filter(({ name }) => /ready|healthcheck|stopping|ended/.test(name))
        .map((event) => [event.at - start, event.name, ...('reason' in event ? [event.reason] : [])]),
  });
};

const never = new Promise<never>(() => {});

describe('a readiness check', () => {
  it('runs from the start of a run on, under its variables, an interval after the one before', async () => {
    const sample = await startEngine({ checks: { readiness, health: null } });
    await sample.run({ PORT: '1' });
    await sample.advance(2_500);
    expect(sample.times('is-ready')).toEqual([0, 1_000, 2_000]);
    expect(sample.requests[0]).toMatchObject({
      command: ['is-ready', 'a b'],
      environment: { OWN: '1', PORT: '1' },
    });
  });

  it('has no result before its first end, and then the result of the last one', async () => {
    const sample = await startEngine({ checks: { readiness, health: null } });
    const first = Promise.withResolvers<number>();
    sample.codes['is-ready'] = first.promise;
    await sample.run();
    expect(sample.findings()).toEqual({ readiness: { passed: null, at: start }, health: null });
    first.resolve(1);
    await sample.advance(0);
    expect(sample.findings()?.readiness).toEqual({ passed: false, at: start });
    sample.codes['is-ready'] = 0;
    await sample.advance(1_500);
    expect(sample.findings()?.readiness).toEqual({ passed: true, at: start + 1_000 });
    sample.codes['is-ready'] = 1;
    await sample.advance(1_000);
    expect(sample.findings()?.readiness).toEqual({ passed: false, at: start + 2_000 });
    sample.codes['is-ready'] = 0;
    await sample.advance(2_000);
    expect(sample.said()).toEqual([
      [1_000, 'instance.ready'],
      [3_000, 'instance.ready'],
    ]);
  });
});

describe('a check that does not end', () => {
  it('is killed when the clock brings its time-out, and has failed', async () => {
    const sample = await startEngine({ checks: { readiness, health: null } });
    const first = Promise.withResolvers<number>();
    sample.codes['is-ready'] = first.promise;
    await sample.run();
    await sample.advance(299);
    expect(sample.requests[0]?.signal.aborted).toBe(false);
    expect(sample.findings()?.readiness?.passed).toBeNull();
    await sample.advance(1);
    expect(sample.requests[0]?.signal.aborted).toBe(true);
    expect(sample.findings()?.readiness).toEqual({ passed: false, at: start + 300 });
    first.resolve(137);
    await sample.advance(1_000);
    expect(sample.times('is-ready')).toEqual([0, 1_300]);
  });

  it('has its time-out in real time, however far the clock is moved meanwhile', async () => {
    const sample = await startEngine({ checks: { readiness: { ...readiness, timeoutMs: 60_000 }, health: null } });
    const first = Promise.withResolvers<number>();
    sample.codes['is-ready'] = first.promise;
    await sample.run();
    sample.clock.alarm(start + 60_000, () => setImmediate(() => first.resolve(0)));
    await sample.advance(60_000);
    expect(sample.said()).toEqual([[60_000, 'instance.ready']]);
    expect(sample.requests[0]?.signal.aborted).toBe(false);
  });

  it('and cannot be killed keeps later ones from running, and each of those counts as failed', async () => {
    const sample = await startEngine({ checks: { readiness: null, health: { ...health, retries: 1, delayMs: 0 } } });
    sample.codes['is-healthy'] = never;
    await sample.run();
    await sample.advance(10_000);
    expect(sample.times('is-healthy')).toEqual([0]);
    expect(sample.said()).toEqual([
      [1_300, 'container.instance.healthcheck.failed', 'the check before it still runs, after its time-out'],
    ]);
  });

  it('keeps neither a release nor a reset from ending, and has no result in the next run', async () => {
    const sample = await startEngine({ checks: { readiness, health: null } });
    sample.codes['is-ready'] = never;
    await sample.run();
    expect(await sample.release()).toMatchObject({ ok: true });
    await sample.advance(10_000);
    expect(sample.times('is-ready')).toEqual([0]);
    await sample.run();
    expect(sample.findings()?.readiness).toEqual({ passed: null, at: start + 10_000 });
    await sample.engine.reset();
    await sample.advance(10_000);
    expect(sample.times('is-ready')).toEqual([0, 10_000]);
    expect(sample.findings()).toBeUndefined();
    expect(sample.engine.countsOf(containerId)).toMatchObject({ available: 1 });
  });
});

describe('a health check', () => {
  it('begins after its delay, and is null until then', async () => {
    const sample = await startEngine({ checks: { readiness: null, health } });
    await sample.run();
    await sample.advance(4_999);
    expect(sample.findings()).toEqual({ readiness: null, health: { passed: null, at: start } });
    await sample.advance(1);
    expect(sample.findings()?.health).toEqual({ passed: true, at: start + 5_000 });
    expect(sample.times('is-healthy')).toEqual([5_000]);
  });

  it('that fails is retried so many times before the instance is unhealthy, and recovers with the next success', async () => {
    const sample = await startEngine({ checks: { readiness: null, health } });
    await sample.run();
    await sample.advance(5_000);
    sample.codes['is-healthy'] = 3;
    await sample.advance(2_000);
    expect(sample.findings()?.health).toEqual({ passed: true, at: start + 5_000 });
    await sample.advance(2_000);
    expect(sample.findings()?.health).toEqual({ passed: false, at: start + 9_000 });
    sample.codes['is-healthy'] = 0;
    await sample.advance(1_000);
    expect(sample.said()).toEqual([
      [8_000, 'container.instance.healthcheck.failed', 'exit code 3'],
      [10_000, 'container.instance.healthcheck.recovered'],
    ]);
    sample.codes['is-healthy'] = 3;
    await sample.advance(2_000);
    expect(sample.findings()?.health?.passed).toBe(true);
  });

  it('with restart ends the run as one that failed, once, and its instance is free again', async () => {
    const checks = { readiness: null, health: { ...health, retries: 0, delayMs: 0, restart: true } };
    const sample = await startEngine({ checks });
    sample.codes['is-healthy'] = 1;
    await sample.run();
    await sample.advance(5_000);
    expect(sample.said()).toEqual([
      [0, 'container.instance.healthcheck.failed', 'exit code 1'],
      [0, 'container.instance.healthcheck.restarted', 'exit code 1'],
      [0, 'instance.stopping'],
      [0, 'instance.ended'],
    ]);
    expect(sample.times('is-healthy')).toEqual([0]);
    expect(sample.engine.countsOf(containerId)).toMatchObject({ available: 1 });
    expect(await sample.release()).toMatchObject({ ok: true });
  });
});

it('a check has no result while Docker is away', async () => {
  const sample = await startEngine({ checks: { readiness, health: null } });
  await sample.run();
  sample.runtime.goAway('it was stopped');
  sample.codes['is-ready'] = 1;
  await sample.advance(1_500);
  sample.runtime.comeBack();
  expect(sample.findings()?.readiness).toEqual({ passed: true, at: start });
  await sample.advance(1_000);
  expect(sample.findings()?.readiness).toEqual({ passed: false, at: start + 2_000 });
});

it('no check runs while a run is being stopped', async () => {
  const sample = await startEngine({ checks: { readiness, health: null }, ignoresSignals: true });
  await sample.run();
  const released = sample.release();
  await sample.advance(10_000);
  expect(await released).toMatchObject({ ok: true });
  expect(sample.times('is-ready')).toEqual([0]);
});

it('no check runs once the engine is closed', async () => {
  const sample = await startEngine({ checks: { readiness, health: null } });
  await sample.run();
  sample.engine.close('the emulator stops');
  await sample.advance(5_000);
  expect(sample.times('is-ready')).toEqual([0]);
});

describe('a store', () => {
  const createStore = () => {
    const kept = new Map<InstanceId, InstanceRecord>();
    const store: StateStore = {
      get records() {
        return [...kept.values()].map((record) => JSON.parse(JSON.stringify(record)));
      },
      write: (changes) => {
        for (const { instanceId: id, record } of changes) {
          if (record === null) kept.delete(id);
          else kept.set(id, record);
        }
      },
    };
    return store;
  };

  it('has the variables of a run that is checked: checks go on under them in the next process', async () => {
    const store = createStore();
    const checks = { readiness, health: { ...health, delayMs: 5_000 } };
    const first = await startEngine({ checks, store });
    await first.run({ PORT: '1' });
    const container = await first.runtime.prepare(setup().describeInstance(instanceId, 0).container);
    const resumed = new Map([[instanceId, { container, run: await container.start({}) }]]);
    await first.advance(3_000);
    first.engine.close('killed');
    const { clock } = first;
    first.requests.length = 0;
    const second = await startEngine({ checks, store, clock, resume: async () => resumed });
    expect(second.findings()).toEqual({
      readiness: { passed: null, at: start + 3_000 },
      health: { passed: null, at: start + 3_000 },
    });
    await second.advance(2_000);
    expect(first.requests.map(({ at, command }) => [at, command[0]])).toEqual([
      [3_000, 'is-ready'],
      [4_000, 'is-ready'],
      [5_000, 'is-healthy'],
      [5_000, 'is-ready'],
    ]);
    for (const { environment } of first.requests) expect(environment).toEqual({ OWN: '1', PORT: '1' });
  });

  it('has no variables of a run that is not checked', async () => {
    const store = createStore();
    const sample = await startEngine({ store });
    await sample.run({ SECRET: 'value' });
    expect(JSON.stringify(store.records)).toMatch(/"running"/);
    expect(JSON.stringify(store.records)).not.toContain('SECRET');
    expect(sample.findings()).toEqual({ readiness: null, health: null });
  });
});
