import { describe, expect, it } from 'vitest';
import { sampleContainer } from '../../test/support/runtime/sample-container.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { createMovableClock } from '../shared/clock.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../shared/ids.ts';
import { Engine } from './engine.ts';
import type { FunctionSetup, InstanceSetup } from './service.ts';

const containerId = deriveObjectId<ContainerId>('container', 'engine test');
const serverId = deriveObjectId<ServerId>('server', 'engine test');

const functionSetup = (instances: number): FunctionSetup => ({
  identifier: 'sample',
  pool: {
    containerId,
    instances,
    maxPoolSize: instances,
    hot: 0,
    warm: 0,
    maxShardConcurrency: null,
    maxRuntimeMs: null,
    maxQueueTimeMs: 5_000,
    instanceIdAt: (seed) => deriveObjectId<InstanceId>('instance', String(seed)),
  },
  describeInstance: (instanceId) => ({
    network: {} as InstanceSetup['network'],
    container: {
      ...sampleContainer('sample', { number: 1, ipv6: false, schedulerAddresses: [] }),
      instanceId,
      functionId: containerId,
    },
    environmentWith: (variables) => variables,
  }),
});

type Prepare = ContainerRuntime['prepare'];

/** An engine on a frozen clock over a simulated runtime, whose containers a test may have made otherwise. */
const createEngine = (replace: (prepare: Prepare) => Prepare = (prepare) => prepare) => {
  const clock = createMovableClock({ frozenAt: 1_000_000 });
  const runtime = new SimulatedRuntime({ clock });
  Object.assign(runtime, { prepare: replace(runtime.prepare.bind(runtime)) });
  return { engine: new Engine({ serverId, otherContainers: [] }, runtime, clock), clock, runtime };
};

const claim = (engine: Engine, token = 'token') =>
  engine.claim({ containerId, token, signal: new AbortController().signal });

const claimed = async (engine: Engine, token = 'token'): Promise<InstanceId> => {
  const result = await claim(engine, token);
  if (!result.ok) throw new Error(`claim was rejected: ${result.rejection.name}`);
  return result.value.instanceId;
};

const rejected = (name: string) => ({ ok: false, rejection: expect.objectContaining({ name }) });

describe('filling the pools', () => {
  it('keeps callers out until all instances are made', async () => {
    const { engine } = createEngine();
    expect(await claim(engine)).toEqual(rejected('not-ready'));
    expect(engine.readiness()).toMatchObject({ ready: false, reason: 'the pools are still being made' });
    await engine.fill([functionSetup(3)]);
    expect(engine.readiness()).toMatchObject({ ready: true, functions: [{ size: 3, available: 3 }] });
    expect(await claim(engine)).toMatchObject({ ok: true, value: { token: 'token' } });
  });

  it('fails with what the runtime said', async () => {
    const { engine } = createEngine(() => () => Promise.reject(new Error('no space left')));
    await expect(engine.fill([functionSetup(2)])).rejects.toThrow('no space left');
    expect(engine.readiness().ready).toBe(false);
  });
});

it('an instance has a holder from its claim to its release', async () => {
  const { engine } = createEngine();
  await engine.fill([functionSetup(1)]);
  const instanceId = await claimed(engine);
  expect(engine.holderOf(instanceId)).toBe('token');
  await engine.release({ containerId, instanceId, token: 'token' });
  expect(engine.holderOf(instanceId)).toBeNull();
});

describe('a container that cannot be made again after a run', () => {
  it('is tried again when its time has come, and then serves the waiting caller', async () => {
    let failures = 0;
    const { engine, clock } = createEngine((prepare) => (spec) => {
      if (failures === 0) return prepare(spec);
      failures -= 1;
      return Promise.reject(new Error('no space left'));
    });
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    failures = 2;
    await engine.release({ containerId, instanceId, token: 'token' });
    const waiting = claim(engine, 'next');
    await clock.advance(499);
    expect(engine.readiness().functions[0]).toMatchObject({ failed: 1, waiting: 1 });
    await clock.advance(1);
    expect(engine.readiness().functions[0]).toMatchObject({ failed: 1, waiting: 1 });
    await clock.advance(1_000);
    expect(await waiting).toMatchObject({ ok: true, value: { token: 'next' } });
  });
});

describe('a container that cannot be stopped', () => {
  it('is given up, so that its caller is answered and its instance gets another', async () => {
    const { engine } = createEngine((prepare) => async (spec) => {
      const stop = () => Promise.reject(new Error('engine away'));
      return Object.assign(await prepare(spec), { stop });
    });
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    expect(await engine.release({ containerId, instanceId, token: 'token' })).toMatchObject({ ok: true });
    expect(await claimed(engine)).toBe(instanceId);
  });
});

describe('a runtime that is lost', () => {
  it('answers a spawn it cannot start any more with not-ready', async () => {
    const { engine, runtime } = createEngine();
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    const spawning = engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    runtime.goAway('the connection to Docker broke');
    expect(await spawning).toEqual(rejected('not-ready'));
  });

  it('turns away waiting and new callers, until it is back', async () => {
    const { engine, runtime } = createEngine();
    await engine.fill([functionSetup(1)]);
    await claimed(engine);
    const waiting = claim(engine);
    runtime.goAway('the connection to Docker broke');
    expect(await waiting).toEqual(rejected('not-ready'));
    expect(await claim(engine)).toEqual(rejected('not-ready'));
    expect(engine.active({ containerId })).toEqual(rejected('not-ready'));
    expect(engine.readiness().reason).toBe('the connection to Docker broke');
    runtime.comeBack();
    expect(engine.readiness().ready).toBe(true);
  });

  it('has missing containers made at once when it is back, however long it was away', async () => {
    const { engine, runtime, clock } = createEngine();
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    const released = engine.release({ containerId, instanceId, token: 'token' });
    await Promise.resolve();
    runtime.goAway('the connection to Docker broke');
    await released;
    await clock.advance(600_000);
    expect(engine.readiness().functions[0]).toMatchObject({ failed: 1 });
    runtime.comeBack();
    await clock.advance(0);
    expect(engine.readiness().functions[0]).toMatchObject({ available: 1 });
  });
});

describe('a container that is lost before it was started', () => {
  const withOne = async () => {
    const made = createEngine();
    await made.engine.fill([functionSetup(1)]);
    const instanceId = made.engine.views.instancesOf(containerId)[0]?.id as InstanceId;
    return { ...made, instanceId, lose: () => made.runtime.lose(instanceId, 'removed by hand') };
  };

  it('is replaced at once, and the next caller in line gets it', async () => {
    const { engine, lose, runtime } = await withOne();
    const before = [...runtime.containers][0]?.dockerId;
    lose();
    await Promise.resolve();
    expect(engine.readiness().functions[0]).toMatchObject({ preparing: 1 });
    await claimed(engine);
    expect([...runtime.containers].map(({ dockerId }) => dockerId)).not.toContain(before);
    expect([...runtime.containers]).toHaveLength(1);
  });

  it('is replaced later and later where its replacements are lost, too', async () => {
    const { engine, clock, lose } = await withOne();
    lose();
    await clock.advance(0);
    for (const delayMs of [1_000, 2_000, 4_000]) {
      lose();
      await clock.advance(delayMs - 1);
      expect(engine.readiness().functions[0]).toMatchObject({ failed: 1 });
      await clock.advance(1);
      expect(engine.readiness().functions[0]).toMatchObject({ available: 1 });
    }
    // One that stood for half a minute shows that they can.
    await clock.advance(30_000);
    lose();
    await clock.advance(0);
    expect(engine.readiness().functions[0]).toMatchObject({ available: 1 });
  });

  it('can still be spawned by the holder of its claim', async () => {
    const { engine, lose, instanceId } = await withOne();
    await claimed(engine);
    lose();
    await Promise.resolve();
    expect(await engine.spawn({ containerId, instanceId, token: 'token', variables: {} })).toMatchObject({ ok: true });
  });
});

describe('callers', () => {
  it('that hang up leave the line', async () => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine, 'holder');
    const hangUp = new AbortController();
    const gone = engine.claim({ containerId, token: 'gone', signal: hangUp.signal });
    const stays = claim(engine, 'stays');
    hangUp.abort();
    expect(await gone).toEqual(rejected('caller-gone'));
    await engine.release({ containerId, instanceId, token: 'holder' });
    expect(await stays).toMatchObject({ ok: true, value: { token: 'stays' } });
  });

  it('that hang up when they hear that they wait leave the line', async () => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    await claimed(engine, 'holder');
    const hangUp = new AbortController();
    engine.subscribe(({ name }) => name === 'claim.queued' && hangUp.abort());
    expect(await engine.claim({ containerId, token: 'gone', signal: hangUp.signal })).toEqual(rejected('caller-gone'));
  });

  it('that have hung up before they ask get nothing', async () => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    expect(await engine.claim({ containerId, token: 'token', signal: AbortSignal.abort() })).toEqual(
      rejected('caller-gone'),
    );
    expect(engine.readiness().functions[0]).toMatchObject({ available: 1 });
  });

  it.each([
    [{ '': 'x' }, 'the name is empty'],
    [{ 'a=b': 'x' }, 'the name contains "="'],
    [{ 'a\0': 'x' }, 'the name contains a NUL character'],
    [{ a: 'x\0' }, 'the value contains a NUL character'],
    [{ a: '\ud800' }, 'it is not well-formed Unicode: it has half a surrogate pair'],
    [{ a: 'x'.repeat(128 * 1024 - 2) }, 'name and value together are longer than 131070 bytes'],
  ])('cannot set the variables %j', async (variables, problem) => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    const spawn = await engine.spawn({ containerId, instanceId, token: 'token', variables: { ...variables } });
    expect(spawn).toMatchObject({ ok: false, rejection: { name: 'invalid-variable', problem } });
    const again = await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    expect(again).toMatchObject({ ok: true, value: { serverId } });
  });

  it('are all answered when the engine closes', async () => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    await claimed(engine);
    const waiting = claim(engine);
    engine.close('the emulator is stopping');
    expect(await waiting).toEqual(rejected('not-ready'));
    expect(await claim(engine)).toEqual(rejected('not-ready'));
    await engine.dismissAll('the emulator has stopped');
  });
});

describe('a reset', () => {
  it('turns every caller away, ends what runs, and restores size and order of the pools', async () => {
    const { engine } = createEngine();
    const { pool, ...setup } = functionSetup(2);
    await engine.fill([{ ...setup, pool: { ...pool, maxPoolSize: 3 } }]);
    const first = await claimed(engine);
    const running = await claimed(engine);
    const grown = await claimed(engine);
    await engine.spawn({ containerId, instanceId: running, token: 'token', variables: {} });
    await engine.spawn({ containerId, instanceId: grown, token: 'token', variables: {} });
    const waiting = claim(engine);
    await engine.reset();
    expect(await waiting).toEqual(rejected('not-ready'));
    expect(engine.readiness().functions[0]).toMatchObject({ size: 2, available: 2, claimed: 0, active: 0, waiting: 0 });
    const late = await engine.release({ containerId, instanceId: running, token: 'token' });
    expect(late).toEqual(rejected('not-claimed'));
    expect(await engine.release({ containerId, instanceId: grown, token: 'token' })).toEqual(
      rejected('unknown-instance'),
    );
    expect([await claimed(engine), await claimed(engine)]).toEqual([first, running]);
  });

  it('is safe while a start is under way', async () => {
    const { engine } = createEngine();
    await engine.fill([functionSetup(1)]);
    const instanceId = await claimed(engine);
    const spawning = engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    await engine.reset();
    expect(await spawning).toEqual(rejected('not-ready'));
    expect(engine.readiness().functions[0]).toMatchObject({ size: 1, available: 1 });
    expect(await claimed(engine)).toBe(instanceId);
  });
});
