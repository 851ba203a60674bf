import { describe, expect, it } from 'vitest';
import {
  claim,
  claimed,
  containerId,
  createEngine,
  functionSetup,
  rejected,
  serverId,
} from '../../test/support/sample-engine.ts';

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
