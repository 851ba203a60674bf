import { describe, expect, it } from 'vitest';
import { type Sample, sampleContainer, sampleEnvironmentId } from '../../test/support/runtime/sample-container.ts';
import type { RuntimeEvent } from '../runtime/port.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { createMovableClock } from '../shared/clock.ts';
import { errorCodes } from '../shared/errors.ts';
import { type ContainerId, deriveObjectId } from '../shared/ids.ts';
import type { Fault } from '../stack/model.ts';
import { Absence, createFaults, type FaultEvent } from './faults.ts';
import { RuntimeWithFaults } from './runtime-faults.ts';

/** A simulated runtime under faults, on a clock that stands still. */
const start = async (...faults: readonly Fault[]) => {
  const clock = createMovableClock({ frozenAt: 0 });
  const fired: FaultEvent[] = [];
  const holders = new Map<string, string>();
  const holderOf = (instanceId: string) => holders.get(instanceId) ?? null;
  const inForce = createFaults({ faults, clock, onFire: (event) => fired.push(event), holderOf });
  const simulated = new SimulatedRuntime({ clock });
  const runtime = new RuntimeWithFaults(simulated, inForce);
  const network = await runtime.prepareNetwork(sampleEnvironmentId, 21);
  const prepare = (sample?: Sample) => runtime.prepare(sampleContainer('image', network, sample));
  const states = () => [...simulated.containers].map(({ state }) => state);
  return { clock, fired, holders, inForce, simulated, runtime, prepare, states };
};

it('a runtime without a matching fault passes on every call and answer', async () => {
  const { runtime } = await start();
  const network = await runtime.prepareNetwork(sampleEnvironmentId, 21);
  expect((await runtime.prepare(sampleContainer('image', network), { hot: true })).readiness).toBe('hot');
  const events: RuntimeEvent[] = [];
  const absence = new Absence((event) => events.push(event));
  const cold = { type: 'not-hot', functionId: deriveObjectId<ContainerId>('x'), reason: 'no launcher' } as const;
  absence.begin('a fault');
  absence.on(cold);
  absence.end();
  expect(events.map(({ type }) => type)).toEqual(['unavailable', 'not-hot', 'available']);
});

describe('a slow start', () => {
  it('takes its time on the clock', async () => {
    const { clock, prepare, states } = await start({ effect: { type: 'slowStart', ms: 5_000 } });
    const starting = (await prepare()).start({});
    await clock.advance(4_999);
    expect(states()).toEqual(['created']);
    await clock.advance(1);
    await starting;
    expect(states()).toEqual(['running']);
  });

  it('is cancelled when its container is removed, and nothing starts later', async () => {
    const { clock, prepare, states } = await start({ effect: { type: 'slowStart', ms: 5_000 } });
    const container = await prepare();
    const starting = expect(container.start({})).rejects.toThrow(
      'Failed to start container sample-1: the start was cancelled while a fault delayed it. Claim another instance.',
    );
    await container.remove();
    await starting;
    await clock.advance(5_000);
    expect(states()).toEqual([]);
  });
});

describe('a start failure', () => {
  it('gives its reason, with the container and the instance in its event', async () => {
    const { prepare, fired, states } = await start({
      id: 'no space',
      effect: { type: 'startFailure', reason: 'no space left on device' },
    });
    const container = await prepare();
    await expect(container.start({})).rejects.toMatchObject({
      code: errorCodes.containerRefused,
      message: 'Failed to start container sample-1: no space left on device. Remove fault "no space" to let it start.',
    });
    const { functionId: containerId, instanceId } = container.spec;
    expect(fired).toEqual([
      { name: 'fault.fired', at: 0, id: 'no space', effect: 'startFailure', containerId, instanceId },
    ]);
    expect(states()).toEqual(['created']);
  });

  it('hits by the token that the instance was claimed with', async () => {
    const { prepare, holders } = await start({ match: { token: 'bad-*' }, effect: { type: 'startFailure' } });
    const [first, second] = [await prepare(), await prepare({ host: 2 })];
    holders.set(first.spec.instanceId, 'bad-luck').set(second.spec.instanceId, 'good-luck');
    await expect(first.start({})).rejects.toThrow('a fault was injected');
    await second.start({});
  });
});

it('misses an image as the runtime itself does', async () => {
  const { prepare } = await start({ effect: { type: 'imageMissing' } });
  await expect((await prepare()).start({})).rejects.toThrow(/No such image: sha256:0{64}/);
});

describe('an early end', () => {
  it('comes after its time with its code', async () => {
    const { clock, prepare, states } = await start({ effect: { type: 'exitAfter', ms: 2_000, code: 9 } });
    const run = await (await prepare()).start({});
    await clock.advance(1_999);
    expect(states()).toEqual(['running']);
    await clock.advance(1);
    expect(await run.exited).toEqual({ code: 9, outOfMemory: false });
  });

  it('comes at once and with 1 by default, and with 137 when out of memory', async () => {
    const { prepare } = await start(
      { match: { nth: 1 }, effect: { type: 'exitAfter' } },
      { match: { nth: 2 }, effect: { type: 'outOfMemory' } },
    );
    expect(await (await (await prepare()).start({})).exited).toEqual({ code: 1, outOfMemory: false });
    expect(await (await (await prepare()).start({})).exited).toEqual({ code: 137, outOfMemory: true });
  });

  it('has its event when it strikes, and not before', async () => {
    const { clock, prepare, fired } = await start({ effect: { type: 'exitAfter', ms: 2_000 } });
    const run = await (await prepare()).start({});
    expect(fired).toEqual([]);
    await clock.advance(2_000);
    await run.exited;
    expect(fired).toMatchObject([{ at: 2_000, effect: 'exitAfter' }]);
  });

  it('has not struck where the process ended before, and is left to the next run', async () => {
    const { clock, prepare, fired, inForce } = await start({
      match: { times: 1 },
      effect: { type: 'outOfMemory', ms: 2_000 },
    });
    const first = await (await prepare()).start({ CYCLE_SIMULATED_EXIT_AFTER_MS: '1000' });
    const container = await prepare({ host: 2 });
    const beside = await container.start({});
    await clock.advance(2_000);
    await container.stop();
    expect((await beside.exited).code).toBe(143);
    expect((await first.exited).code).toBe(0);
    expect(fired).toEqual([]);
    expect(inForce.list()).toMatchObject([{ fired: 0 }]);
    const next = await (await prepare({ host: 3 })).start({});
    await clock.advance(2_000);
    expect((await next.exited).code).toBe(137);
    expect(fired).toHaveLength(1);
  });

  it('has not struck a process that did not start', async () => {
    const { prepare, fired } = await start({ effect: { type: 'exitAfter' } });
    await expect((await prepare()).start({ CYCLE_SIMULATED_FAIL_START: 'no shell' })).rejects.toThrow('no shell');
    expect(fired).toEqual([]);
  });

  it('does not come once its fault was removed', async () => {
    const { clock, prepare, inForce, states } = await start({ id: 'x', effect: { type: 'exitAfter', ms: 1 } });
    await (await prepare()).start({});
    inForce.remove('x');
    await clock.advance(60_000);
    expect(states()).toEqual(['running']);
  });
});

describe('a hanging stop', () => {
  it('leaves the process alone until the grace is over, and kills it then', async () => {
    const { clock, prepare, states } = await start({ effect: { type: 'hangingStop' } });
    const container = await prepare({ stop: { signals: ['SIGTERM'], graceMs: 10_000 } });
    const run = await container.start({});
    const stopping = container.stop();
    await clock.advance(9_999);
    expect(states()).toEqual(['running']);
    await clock.advance(1);
    await stopping;
    expect((await run.exited).code).toBe(137);
  });

  it('fires only where something runs, and goes on as usual once its fault is removed', async () => {
    const { prepare, inForce, fired, clock } = await start({ id: 'x', effect: { type: 'hangingStop' } });
    const container = await prepare();
    await container.stop();
    expect(fired).toEqual([]);
    const run = await (await prepare({ host: 2 })).start({});
    const running = await prepare({ host: 3 });
    const other = await running.start({});
    const stopping = running.stop();
    await clock.advance(1);
    inForce.clear();
    await stopping;
    expect((await other.exited).code).toBe(143);
    expect(run).toBeDefined();
  });
});

describe('a runtime that a fault keeps away', () => {
  const away = { id: 'strike', effect: { type: 'dockerAway', ms: 3_000 } } as const;
  const moment = { operation: 'claim', containerId: '', instanceId: null, token: null } as const;

  it('answers nothing, says so, and is back when its time is over', async () => {
    const { clock, runtime, prepare, inForce } = await start(away);
    const events: RuntimeEvent[] = [];
    runtime.subscribe((event) => events.push(event));
    const hit = inForce.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
    await expect(prepare()).rejects.toMatchObject({
      code: errorCodes.dockerUnreachable,
      message:
        'Failed to reach the container runtime: fault "strike" keeps the container runtime away. Wait until it is back, or remove the fault.',
    });
    await clock.advance(3_000);
    await prepare();
    expect(events).toEqual([
      { type: 'unavailable', reason: 'fault "strike" keeps the container runtime away' },
      { type: 'available' },
    ]);
  });

  it('reports ends after it is back', async () => {
    const { clock, runtime, prepare, inForce } = await start(away);
    const run = await (await prepare()).start({ CYCLE_SIMULATED_EXIT_AFTER_MS: '1000' });
    const hit = inForce.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
    let isReported = false;
    void run.exited.then(() => {
      isReported = true;
    });
    await clock.advance(2_999);
    expect(isReported).toBe(false);
    await clock.advance(1);
    expect((await run.exited).code).toBe(0);
  });

  it('is not back while Docker is truly away, and a fault hides no true absence', async () => {
    const { clock, simulated, runtime, inForce } = await start(away);
    const events: string[] = [];
    runtime.subscribe(({ type }) => events.push(type));
    const hit = inForce.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
    simulated.goAway('a power cut');
    await clock.advance(3_000);
    expect(events).toEqual(['unavailable']);
    simulated.comeBack();
    simulated.goAway('another');
    expect(events).toEqual(['unavailable', 'available', 'unavailable']);
  });
});
