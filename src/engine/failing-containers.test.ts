import { describe, expect, it } from 'vitest';
import {
  claim,
  claimed,
  containerId,
  createEngine,
  functionSetup,
  rejected,
} from '../../test/support/sample-engine.ts';
import type { InstanceId } from '../shared/ids.ts';

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
