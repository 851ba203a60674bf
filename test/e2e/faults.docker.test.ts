import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import type { Fault } from '../../src/stack/model.ts';
import { callerOf, nextEvent } from '../support/caller.ts';
import { containersWith } from '../support/docker-cli.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** An emulator whose fixture says what goes wrong, on a clock that stands still, with real containers. */
const start = async (faults: readonly Fault[], spec: SampleFunction = {}) => {
  const clock = createMovableClock({ frozenAt: Date.now() });
  const emulator = await startEmulator({ stack: { ...sampleStack({ troubled: spec }), faults }, clock });
  const caller = callerOf(emulator);
  /** What the containers themselves have to say, in the run's output. */
  const outputOf = async (instanceId: string): Promise<string> => {
    let text = '';
    for await (const chunk of emulator.logs(instanceId).follow()) text += chunk.text;
    return text;
  };
  return {
    emulator,
    caller,
    clock: emulator.clock,
    fired: () => nextEvent(emulator, 'fault.fired'),
    exitOf: async (instanceId: string) => {
      const event = await emulator.events.waitFor(
        (happened) => happened.name === 'instance.ended' && happened.instanceId === instanceId,
      );
      return event.name === 'instance.ended' ? event.exit : null;
    },
    outputOf,
    /** Instance IDs are the same in every emulator of a stack, and others may be running. */
    running: async (instanceId: string): Promise<readonly string[]> => {
      const own = await containersWith('session', emulator.session);
      return (await containersWith('instance', instanceId)).filter((id) => own.includes(id));
    },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
};

describe('a real container under a fault', () => {
  it('starts late', async () => {
    await using under = await start([{ effect: { type: 'slowStart', ms: 5_000 } }]);
    const { caller, clock } = under;
    const instanceId = await caller.claimed();
    const fired = under.fired();
    const spawning = caller.spawn(instanceId);
    await fired;
    expect((await caller.active()).data).toMatchObject({ [instanceId]: { state: { current: 'starting' } } });
    await clock.advance(5_000);
    expect((await spawning).status).toBe(200);
    expect(await under.running(instanceId)).toHaveLength(1);
  });

  it('does not start, with the fault’s reason, and starts when the fault is spent', async () => {
    const fault = { match: { times: 1 }, effect: { type: 'startFailure', reason: 'no space left on device' } } as const;
    await using under = await start([fault], { limits: { max_queue_time: '30s' } });
    const { caller } = under;
    const failed = await caller.spawn(await caller.claimed());
    expect(failed).toMatchObject({ status: 500, code: '500.unknown' });
    expect(failed.detail).toContain('no space left on device');
    expect((await caller.spawn(await caller.claimed())).status).toBe(200);
  });

  it('misses its image, in the engine’s own words', async () => {
    await using under = await start([{ effect: { type: 'imageMissing' } }]);
    const { caller } = under;
    const failed = await caller.spawn(await caller.claimed());
    expect(failed).toMatchObject({ status: 500, code: '500.unknown' });
    expect(failed.detail).toMatch(/No such image: (docker\.io\/library\/)?sha256:0{64}/i);
  });

  it('exits in the middle of its work with the fault’s code, when the clock says so', async () => {
    await using under = await start([{ effect: { type: 'exitAfter', ms: 60_000, code: 7 } }], {
      script: 'echo working; sleep 1000',
    });
    const { caller, clock } = under;
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    await clock.advance(59_999);
    expect(await under.running(instanceId)).toHaveLength(1);
    const exit = under.exitOf(instanceId);
    await clock.advance(1);
    expect(await exit).toMatchObject({ code: 7, outOfMemory: false });
    expect(await under.outputOf(instanceId)).toBe('working\n');
    expect((await caller.release(instanceId)).status).toBe(200);
  });

  it('is killed by the kernel for lack of memory', async () => {
    await using under = await start([{ effect: { type: 'outOfMemory' } }]);
    const { caller } = under;
    const instanceId = await caller.claimed();
    const exit = under.exitOf(instanceId);
    expect((await caller.spawn(instanceId)).status).toBe(200);
    expect(await exit).toMatchObject({ code: 137, outOfMemory: true });
  });

  it('ignores a stop and is killed after the grace', async () => {
    await using under = await start([{ effect: { type: 'hangingStop' } }], {
      script: "trap 'echo told; exit 0' TERM; echo ready; while :; do sleep 0.1; done",
      shutdown: { graceful_timeout: '20s' },
    });
    const { caller, clock } = under;
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const [fired, exit, output] = [under.fired(), under.exitOf(instanceId), under.outputOf(instanceId)];
    const releasing = caller.release(instanceId);
    await fired;
    await clock.advance(19_999);
    expect(await under.running(instanceId)).toHaveLength(1);
    await clock.advance(1);
    expect((await releasing).status).toBe(200);
    expect(await exit).toMatchObject({ code: 137, outOfMemory: false });
    expect(await output).toBe('ready\n');
  });

  it('runs on while Docker is away, and is released when it is back', async () => {
    await using under = await start(
      [{ match: { operation: 'claim', nth: 2 }, effect: { type: 'dockerAway', ms: 5_000 } }],
      {
        instances: 2,
      },
    );
    const { caller, clock, emulator } = under;
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const refused = await caller.claim();
    expect(refused).toMatchObject({ status: 503, code: '503.not-ready' });
    expect(refused.detail).toContain('fault "fault-1" keeps the container runtime away');
    expect(emulator.readiness().ready).toBe(false);
    expect(await caller.release(instanceId)).toMatchObject({ status: 503 });
    expect(await under.running(instanceId)).toHaveLength(1);
    await clock.advance(5_000);
    expect(emulator.readiness().ready).toBe(true);
    expect(await caller.release(instanceId)).toMatchObject({ status: 200 });
    expect(await under.running(instanceId)).toEqual([]);
  });
});

describe('faults of an emulator', () => {
  it('exhaust a pool that is full, until its claims have waited in vain', async () => {
    await using under = await start([{ match: { function: 'troubled' }, effect: { type: 'poolExhausted' } }]);
    const fired = under.fired();
    const claiming = under.caller.claim();
    await fired;
    expect(under.emulator.function('troubled').counts).toMatchObject({ available: 1 });
    await under.clock.advance(5_000);
    expect(await claiming).toMatchObject({ status: 504, code: '504.not-available' });
  });

  it('come at run time too, have their events, and a reset brings back those of the fixture alone', async () => {
    const refused = { type: 'error', code: '429.rate-limiting' } as const;
    await using under = await start([{ id: 'first', match: { operation: 'claim', nth: 1 }, effect: refused }]);
    const { caller, emulator } = under;
    const told: unknown[] = [];
    emulator.events.subscribe((event) => event.name === 'fault.fired' && told.push(event.id));
    expect((await caller.claim()).status).toBe(429);
    emulator.faults.add({ id: 'second', match: { token: 'secret-*' }, effect: refused });
    expect((await caller.claim('secret-1')).status).toBe(429);
    expect((await caller.claim('another')).status).toBe(200);
    await emulator.reset();
    expect(emulator.faults.list()).toMatchObject([{ id: 'first', fired: 0 }]);
    expect((await caller.claim()).status).toBe(429);
    expect(told).toEqual(['first', 'second', 'first']);
  });

  it('delay nothing once the emulator stops', async () => {
    const under = await start([
      { match: { operation: 'active' }, effect: { type: 'delay', ms: 60_000 } },
      { match: { nth: 2 }, effect: { type: 'poolExhausted' } },
      { effect: { type: 'slowStart', ms: 60_000 } },
    ]);
    const { caller } = under;
    const instanceId = await caller.claimed();
    const fired = under.fired();
    const spawning = caller.spawn(instanceId);
    await fired;
    const [exhausted, delayed] = [caller.claim(), caller.active()];
    await Promise.all([under.fired(), under.fired()]);
    await under.emulator.stop();
    expect((await exhausted).status).toBe(503);
    expect((await delayed).status).toBe(503);
    expect((await spawning).status).not.toBe(200);
    expect(await containersWith('session', under.emulator.session, { all: true })).toEqual([]);
  });
});
