import { describe, expect, it } from 'vitest';
import { sampleContainer } from '../../test/support/runtime/sample-container.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import type { Change, InstanceRecord } from '../scheduler/records.ts';
import { createMovableClock } from '../shared/clock.ts';
import { type ContainerId, deriveObjectId, type InstanceId, type ServerId } from '../shared/ids.ts';
import { Engine } from './engine.ts';
import type { FunctionSetup, InstanceSetup, StateStore } from './service.ts';

const containerId = deriveObjectId<ContainerId>('container', 'store test');
const serverId = deriveObjectId<ServerId>('server', 'store test');
const network = { number: 1, ipv6: false, schedulerAddresses: [] };

const setup: FunctionSetup = {
  identifier: 'sample',
  pool: {
    containerId,
    instances: 2,
    maxPoolSize: 2,
    hot: 0,
    maxShardConcurrency: null,
    maxRuntimeMs: null,
    maxQueueTimeMs: 0,
    instanceIdAt: (seed) => deriveObjectId<InstanceId>('instance', String(seed)),
  },
  describeInstance: (instanceId) => ({
    network: {} as InstanceSetup['network'],
    container: { ...sampleContainer('sample', network), instanceId, functionId: containerId },
    environmentWith: (variables) => variables,
  }),
};

/** A store in memory, which a test can fill up. */
class Notebook implements StateStore {
  readonly #kept = new Map<InstanceId, InstanceRecord>();
  full = false;
  /** What was written, in order. */
  readonly states: string[] = [];

  get records(): readonly InstanceRecord[] {
    return [...this.#kept.values()];
  }

  write(changes: readonly Change[]): void {
    if (this.full) throw new Error('the notebook is full');
    for (const { instanceId, record } of changes) {
      this.states.push(record?.state.name ?? 'nothing');
      if (record === null) this.#kept.delete(instanceId);
      else this.#kept.set(instanceId, record);
    }
  }
}

const connectDocker = async (store: StateStore, functions: readonly FunctionSetup[] = [setup]) => {
  const clock = createMovableClock({ frozenAt: 1_000_000 });
  const runtime = new SimulatedRuntime({ clock });
  const engine = new Engine({ serverId, otherContainers: [], store }, runtime, clock);
  await engine.fill(functions);
  return { engine, clock, runtime };
};

const claim = (engine: Engine, token = 'token') =>
  engine.claim({ containerId, token, signal: new AbortController().signal });

const claimed = async (engine: Engine): Promise<InstanceId> => {
  const result = await claim(engine);
  if (!result.ok) throw new Error(`claim was rejected: ${result.rejection.name}`);
  return result.value.instanceId;
};

describe('an engine with a state file', () => {
  it('has written every step before it answers', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    const seen: (readonly string[])[] = [];
    engine.subscribe(({ name }) => seen.push([name, notebook.states.at(-1) ?? '']));
    const instanceId = await claimed(engine);
    await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    await engine.release({ containerId, instanceId, token: 'token' });
    expect(seen.slice(0, 5)).toEqual([
      ['instance.claimed', 'claimed'],
      ['instance.starting', 'starting'],
      ['instance.running', 'running'],
      ['instance.stopping', 'stopping'],
      ['instance.ended', 'free'],
    ]);
    expect(notebook.states.filter((state) => state !== 'nothing').slice(0, 3)).toEqual([
      'claimed',
      'starting',
      'running',
    ]);
  });

  it('grants nothing that it cannot write, and says why', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    notebook.full = true;
    expect(await claim(engine)).toEqual({
      ok: false,
      rejection: { name: 'not-ready', reason: 'the notebook is full' },
    });
    expect(notebook.records).toEqual([]);
    expect(engine.views.countsOf(containerId)).toMatchObject({ claimed: 0, available: 2 });
    notebook.full = false;
    await claimed(engine);
    expect(notebook.records.map(({ state }) => state.name)).toEqual(['free', 'claimed']);
  });

  it('refuses those in line, too, while it cannot write their claims', async () => {
    const notebook = new Notebook();
    const { engine, clock } = await connectDocker(notebook, [
      { ...setup, pool: { ...setup.pool, maxQueueTimeMs: 5_000 } },
    ]);
    const held = [await claimed(engine), await claimed(engine)];
    const waiting = [claim(engine), claim(engine), claim(engine)];
    notebook.full = true;
    await engine.release({ containerId, instanceId: held[0] ?? '', token: 'token' });
    const refused = { ok: false, rejection: { name: 'not-ready', reason: 'the notebook is full' } };
    expect(await Promise.all(waiting)).toEqual([refused, refused, refused]);
    expect(engine.views.countsOf(containerId)).toMatchObject({ claimed: 1, available: 1, waiting: 0 });
    await clock.advance(10_000);
    expect(engine.views.countsOf(containerId)).toMatchObject({ claimed: 0, available: 2 });
  });

  it('is ready when the file can be written, and finds out by itself', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    expect(engine.readiness()).toMatchObject({ ready: true });
    notebook.full = true;
    expect(engine.readiness()).toMatchObject({ ready: false, reason: 'the notebook is full' });
    await claim(engine);
    expect(engine.readiness()).toMatchObject({ ready: false, reason: 'the notebook is full' });
    notebook.full = false;
    expect(engine.readiness()).toMatchObject({ ready: true, reason: null });
  });

  it('starts nothing that it cannot write, and has the instance for others at once', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    const seen: string[] = [];
    const instanceId = await claimed(engine);
    engine.subscribe(({ name }) => seen.push(name));
    notebook.full = true;
    expect(await engine.spawn({ containerId, instanceId, token: 'token', variables: {} })).toEqual({
      ok: false,
      rejection: { name: 'not-ready', reason: 'the notebook is full' },
    });
    expect(engine.views.countsOf(containerId)).toMatchObject({ active: 0, claimed: 0 });
    await engine.reset();
    expect(seen).not.toContain('instance.running');
  });

  it('reports a start and a release that it could not write, since they are done', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    const instanceId = await claimed(engine);
    const spawned = engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    notebook.full = true;
    expect(await spawned).toMatchObject({ ok: true });
    expect(notebook.states.at(-1)).toBe('starting');
    expect(await engine.release({ containerId, instanceId, token: 'token' })).toMatchObject({ ok: true });
    notebook.full = false;
    await claimed(engine);
    expect(notebook.records.map(({ state }) => state.name)).toEqual(['free', 'claimed']);
  });

  it('goes on with the records of another engine, and grants none of its claims again', async () => {
    const notebook = new Notebook();
    const first = await connectDocker(notebook);
    const instanceId = await claimed(first.engine);
    const second = await connectDocker(notebook);
    expect(await claimed(second.engine)).not.toBe(instanceId);
    expect(await claim(second.engine)).toMatchObject({ ok: false, rejection: { name: 'queue-timeout' } });
    const spawned = await second.engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    expect(spawned).toMatchObject({ ok: true });
  });

  it('takes a claim back when its lease ends, though it began with another', async () => {
    const notebook = new Notebook();
    await claimed((await connectDocker(notebook)).engine);
    const { engine, clock } = await connectDocker(notebook);
    expect(engine.views.countsOf(containerId)).toMatchObject({ claimed: 1 });
    await clock.advance(10_000);
    expect(engine.views.countsOf(containerId)).toMatchObject({ claimed: 0, available: 2 });
  });

  it('forgets what its functions have no place for', async () => {
    const notebook = new Notebook();
    await claimed((await connectDocker(notebook)).engine);
    await connectDocker(notebook, []);
    expect(notebook.records).toEqual([]);
  });

  it('counts no run as ended that its runtime could not end', async () => {
    const notebook = new Notebook();
    const { engine, runtime } = await connectDocker(notebook);
    const instanceId = await claimed(engine);
    await engine.spawn({ containerId, instanceId, token: 'token', variables: {} });
    engine.close('the emulator is stopping');
    await runtime[Symbol.asyncDispose]();
    await engine.dismissAll('the emulator has stopped');
    expect(notebook.records.map(({ state }) => state.name)).toEqual(['running']);
    await engine.keepEnds();
    expect(notebook.records.map(({ state }) => state.name)).toEqual(['free']);
  });

  it('forgets everything with a reset', async () => {
    const notebook = new Notebook();
    const { engine } = await connectDocker(notebook);
    await claimed(engine);
    await engine.reset();
    expect(notebook.records).toEqual([]);
  });
});
