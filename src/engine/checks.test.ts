import { describe, expect, it } from 'vitest';
import { containerId, instanceId, setup, start, startCheckedEngine } from '../../test/support/checked-engine.ts';
import type { InstanceRecord } from '../scheduler/records.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { HealthCheck } from '../shared/types.ts';
import type { StateStore } from './service.ts';

const readiness = { command: ['is-ready', 'a b'], intervalMs: 1_000, timeoutMs: 300 };
const health: HealthCheck = { ...readiness, command: ['is-healthy'], retries: 2, delayMs: 5_000, restart: false };

const never = new Promise<never>(() => {});

describe('a readiness check', () => {
  it('runs from the start of a run on, under its variables, an interval after the one before', async () => {
    const sample = await startCheckedEngine({ checks: { readiness, health: null } });
    await sample.run({ PORT: '1' });
    await sample.advance(2_500);
    expect(sample.times('is-ready')).toEqual([0, 1_000, 2_000]);
    expect(sample.requests[0]).toMatchObject({
      command: ['is-ready', 'a b'],
      environment: { OWN: '1', PORT: '1' },
    });
  });

  it('has no result before its first end, and then the result of the last one', async () => {
    const sample = await startCheckedEngine({ checks: { readiness, health: null } });
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
    const sample = await startCheckedEngine({ checks: { readiness, health: null } });
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
    const sample = await startCheckedEngine({
      checks: { readiness: { ...readiness, timeoutMs: 60_000 }, health: null },
    });
    const first = Promise.withResolvers<number>();
    sample.codes['is-ready'] = first.promise;
    await sample.run();
    sample.clock.alarm(start + 60_000, () => setImmediate(() => first.resolve(0)));
    await sample.advance(60_000);
    expect(sample.said()).toEqual([[60_000, 'instance.ready']]);
    expect(sample.requests[0]?.signal.aborted).toBe(false);
  });

  it('and cannot be killed keeps later ones from running, and each of those counts as failed', async () => {
    const sample = await startCheckedEngine({
      checks: { readiness: null, health: { ...health, retries: 1, delayMs: 0 } },
    });
    sample.codes['is-healthy'] = never;
    await sample.run();
    await sample.advance(10_000);
    expect(sample.times('is-healthy')).toEqual([0]);
    expect(sample.said()).toEqual([
      [1_300, 'container.instance.healthcheck.failed', 'the check before it still runs, after its time-out'],
    ]);
  });

  it('keeps neither a release nor a reset from ending, and has no result in the next run', async () => {
    const sample = await startCheckedEngine({ checks: { readiness, health: null } });
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
    expect(sample.engine.views.countsOf(containerId)).toMatchObject({ available: 1 });
  });
});

describe('a health check', () => {
  it('begins after its delay, and is null until then', async () => {
    const sample = await startCheckedEngine({ checks: { readiness: null, health } });
    await sample.run();
    await sample.advance(4_999);
    expect(sample.findings()).toEqual({ readiness: null, health: { passed: null, at: start } });
    await sample.advance(1);
    expect(sample.findings()?.health).toEqual({ passed: true, at: start + 5_000 });
    expect(sample.times('is-healthy')).toEqual([5_000]);
  });

  it('that fails is retried so many times before the instance is unhealthy, and recovers with the next success', async () => {
    const sample = await startCheckedEngine({ checks: { readiness: null, health } });
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
    const sample = await startCheckedEngine({ checks });
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
    expect(sample.engine.views.countsOf(containerId)).toMatchObject({ available: 1 });
    expect(await sample.release()).toMatchObject({ ok: true });
  });
});

it('a check has no result while Docker is away', async () => {
  const sample = await startCheckedEngine({ checks: { readiness, health: null } });
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
  const sample = await startCheckedEngine({ checks: { readiness, health: null }, ignoresSignals: true });
  await sample.run();
  const released = sample.release();
  await sample.advance(10_000);
  expect(await released).toMatchObject({ ok: true });
  expect(sample.times('is-ready')).toEqual([0]);
});

it('no check runs once the engine is closed', async () => {
  const sample = await startCheckedEngine({ checks: { readiness, health: null } });
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
    const first = await startCheckedEngine({ checks, store });
    await first.run({ PORT: '1' });
    const container = await first.runtime.prepare(setup().describeInstance(instanceId, 0).container);
    const resumed = new Map([[instanceId, { container, run: await container.start({}) }]]);
    await first.advance(3_000);
    first.engine.close('killed');
    const { clock } = first;
    first.requests.length = 0;
    const second = await startCheckedEngine({ checks, store, clock, resume: async () => resumed });
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
    const sample = await startCheckedEngine({ store });
    await sample.run({ SECRET: 'value' });
    expect(JSON.stringify(store.records)).toMatch(/"running"/);
    expect(JSON.stringify(store.records)).not.toContain('SECRET');
    expect(sample.findings()).toEqual({ readiness: null, health: null });
  });
});
