import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createMovableClock } from '../../src/shared/clock.ts';
import { callerOf, nextEvent } from '../support/caller.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';
import { unassignedPort } from '../support/unassigned-port.ts';

/** The rules as a caller meets them over HTTP, on both runtimes: real containers and none. */
describe.each(['simulated', 'docker'] as const)('an emulator on the %s runtime', (runtime) => {
  it('goes from claim to release as documented', async () => {
    const stack = sampleStack({ hello: {} });
    await using emulator = await startEmulator({ stack, runtime });
    const caller = callerOf(emulator);
    const claim = await caller.claim('a token');
    expect(claim).toMatchObject({ status: 200, data: { token: 'a token' } });
    const { instance_id: instanceId } = claim.data as { instance_id: string };
    expect((await caller.active()).data).toEqual({});

    const spawn = await caller.spawn(instanceId, { GREETING: 'hello' }, 'a token');
    expect(spawn).toMatchObject({ status: 200, data: { ...(claim.data as object), server_id: stack.serverId } });
    expect((await caller.active()).data).toMatchObject({
      [instanceId]: { id: instanceId, container_id: stack.functions[0]?.containerId, state: { current: 'running' } },
    });

    const release = await caller.release(instanceId, 'a token');
    expect(release).toMatchObject({ status: 200, data: spawn.data });
    const { claimed, spawned, released } = release.data as Record<string, string>;
    expect([claimed, spawned, released].toSorted()).toEqual([claimed, spawned, released]);
    expect((await caller.active()).data).toEqual({});
    expect(await caller.release(instanceId, 'a token')).toMatchObject({ status: 403, code: '403.invalid-state' });
  });

  it('grants 40 claims at once on 4 instances 4 different instances, and the rest a time-out', async () => {
    const stack = sampleStack({ hello: { instances: 4, limits: { max_queue_time: '200ms' } } });
    await using emulator = await startEmulator({ stack, runtime });
    const caller = callerOf(emulator);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => caller.claim(`token ${index}`)));
    const granted = answers.filter(({ status }) => status === 200);
    expect(new Set(granted.map(({ data }) => (data as { instance_id: string }).instance_id)).size).toBe(4);
    expect(granted.length).toBe(4);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.every(({ status, code }) => status === 504 && code === '504.not-available')).toBe(true);
  });

  it('serves those in line first come first served, and forgets callers that hang up', async () => {
    await using emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime });
    // Nothing is too late, however busy the machine is.
    emulator.clock.freeze();
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed('holder');
    const hangUp = new AbortController();
    const joined = (act: () => void) => {
      const queued = nextEvent(emulator, 'claim.queued');
      act();
      return queued;
    };
    const served: string[] = [];
    const wait = async (token: string): Promise<void> => {
      await caller.claimed(token);
      served.push(token);
      await caller.release(instanceId, token);
    };
    let gone: Promise<unknown> = Promise.resolve();
    const waiting: Promise<void>[] = [];
    await joined(() => waiting.push(wait('first')));
    await joined(() => {
      gone = expect(caller.claim('gone', hangUp.signal)).rejects.toThrow();
    });
    await joined(() => waiting.push(wait('second')));
    const abandoned = nextEvent(emulator, 'claim.abandoned');
    hangUp.abort();
    await Promise.all([gone, abandoned]);
    await caller.release(instanceId, 'holder');
    await Promise.all(waiting);
    expect(served).toEqual(['first', 'second']);
    expect(emulator.readiness().functions[0]).toMatchObject({ available: 1, claimed: 0, waiting: 0 });
  });

  it('loses no instance to a caller that hangs up just as it is granted', async () => {
    const stack = sampleStack({ hello: {} });
    await using emulator = await startEmulator({ stack, runtime });
    emulator.clock.freeze();
    const caller = callerOf(emulator);
    const containerId = stack.functions[0]?.containerId;
    for (let round = 0; round < 10; round += 1) {
      const instanceId = await caller.claimed('holder');
      const queued = nextEvent(emulator, 'claim.queued');
      const socket = connect(emulator.port, '127.0.0.1');
      socket.write(
        `POST /v1/functions/${containerId}/claim HTTP/1.1\r\nHost: x\r\nX-CYCLE-ACCESS-KEY: ${accessKey}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{"token":"gone"}',
      );
      await queued;
      socket.destroy();
      await caller.release(instanceId, 'holder');
      const honest = await caller.claim('honest');
      expect(honest.status, `round ${round}`).toBe(200);
      await caller.release(instanceId, 'honest');
    }
  });

  it('ends a lease and lets a run out of time, on a clock that is moved', async () => {
    const clock = createMovableClock({ frozenAt: Date.now() });
    const stack = sampleStack({ hello: { limits: { max_runtime: '1m' } } });
    await using emulator = await startEmulator({ stack, runtime, clock });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await clock.advance(10_000);
    expect(await caller.spawn(instanceId)).toMatchObject({ status: 403, code: '403.invalid-state' });
    expect(await caller.claimed()).toBe(instanceId);
    await clock.advance(9_999);
    expect(await caller.spawn(instanceId)).toMatchObject({ status: 200 });
    const ended = nextEvent(emulator, 'instance.ended', instanceId);
    await clock.advance(60_000);
    await ended;
    expect(await caller.release(instanceId)).toMatchObject({ status: 200 });
  });

  it('grows its pool up to max_pool_size', async () => {
    const stack = sampleStack({ hello: { limits: { max_pool_size: 3, max_queue_time: '30s' } } });
    await using emulator = await startEmulator({ stack, runtime });
    const caller = callerOf(emulator);
    const claimed = await Promise.all([caller.claimed(), caller.claimed(), caller.claimed()]);
    expect(new Set(claimed).size).toBe(3);
    expect(emulator.readiness().functions[0]).toMatchObject({ size: 3, claimed: 3 });
  });

  it('lists an instance that auto-scaling made as such', async () => {
    const stack = sampleStack({ hello: { instances: 0, limits: { max_pool_size: 1, max_queue_time: '30s' } } });
    await using emulator = await startEmulator({ stack, runtime });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const { data } = await caller.active();
    expect(data).toMatchObject({ [instanceId]: { autoscale: { min_ttl: expect.any(String) } } });
  });

  it('turns callers away while it stops, and frees its port', async () => {
    const port = unassignedPort();
    const emulator = await startEmulator({ stack: sampleStack({ hello: {} }), runtime, port });
    emulator.clock.freeze();
    const caller = callerOf(emulator);
    await caller.claimed();
    const queued = nextEvent(emulator, 'claim.queued');
    const waiting = caller.claim('waits');
    await queued;
    const stopped = emulator.stop();
    expect(await waiting).toMatchObject({ status: 503, code: '503.not-ready' });
    await stopped;
    await emulator.stop();
    await expect(fetch(emulator.url)).rejects.toThrow();
    await using again = await startEmulator({ stack: sampleStack({ hello: {} }), runtime, port });
    expect([emulator.port, again.port]).toEqual([port, port]);
  });
});
