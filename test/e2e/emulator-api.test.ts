import { describe, expect, it } from 'vitest';
import { type EmulatorError, type EmulatorOptions, SchedulerRejected, startEmulator } from '../../src/index.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** What a user's test does with an emulator of its own. */
const start = (runtime: 'simulated' | 'docker', spec: SampleFunction = {}, options: Partial<EmulatorOptions> = {}) =>
  startEmulator({ stack: sampleStack({ hello: spec }), runtime, ...options });

describe.each(['simulated', 'docker'] as const)('an emulator in a test, on the %s runtime', (runtime) => {
  it('frees a claimed instance when its lease has run out, within milliseconds', async () => {
    await using emulator = await start(runtime);
    const begin = performance.now();
    const claim = await emulator.claim('hello');
    expect(emulator.function('hello').instances()).toMatchObject([{ id: claim.instanceId, state: 'claimed' }]);
    await emulator.clock.advance(10_000);
    expect(emulator.function('hello').instances()).toMatchObject([{ id: claim.instanceId, state: 'available' }]);
    await expect(claim.spawn()).rejects.toMatchObject({ rejection: { name: 'claim-expired' } });
    // A few in fact; a second is for machines that have much else to do.
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it('has stopped an overdue run and replaced its instance when advancing is done', async () => {
    await using emulator = await start(runtime, { limits: { max_runtime: '10m' } });
    const claim = await emulator.claim('hello');
    await claim.spawn();
    await emulator.clock.advance(600_000);
    expect(emulator.function('hello').counts).toMatchObject({ active: 0, preparing: 0, available: 1 });
    await expect(claim.spawn()).rejects.toBeInstanceOf(SchedulerRejected);
  });

  it('releases a claim that goes out of scope, and does not mind one that is over', async () => {
    await using emulator = await start(runtime);
    {
      await using claim = await emulator.claim('hello', { token: 'my token' });
      expect(claim).toMatchObject({ functionName: 'hello', token: 'my token' });
      await claim.spawn();
    }
    expect(emulator.function('hello').counts.active).toBe(0);
    await using expired = await emulator.claim('hello');
    await emulator.clock.advance(10_000);
    expect(expired.functionName).toBe('hello');
  });

  it('is back at its beginning after a reset, faults and clock included', async () => {
    await using emulator = await start(runtime);
    const claim = await emulator.claim('hello');
    await claim.spawn();
    emulator.clock.freeze();
    emulator.faults.add({ effect: { type: 'poolExhausted' } });
    await emulator.reset();
    expect(emulator.function('hello').counts).toMatchObject({ size: 1, available: 1 });
    expect(emulator.clock.frozen).toBe(false);
    expect(emulator.faults.list()).toEqual([]);
    expect((await emulator.claim('hello')).instanceId).toBe(claim.instanceId);
  });
});

it('a reset forgets releases that a profile lets callers repeat', async () => {
  const profile = { target: 'a test', date: 'today', answers: { 'second-release': { status: 200 } } };
  await using emulator = await start('simulated', {}, { profile });
  const claim = await emulator.claim('hello');
  const released = await claim.release();
  expect(await claim.release()).toEqual(released);
  await emulator.reset();
  await expect(claim.release()).rejects.toMatchObject({ rejection: { name: 'not-claimed' } });
});

describe('events', () => {
  it('are waited for and iterated over', async () => {
    await using emulator = await start('simulated');
    const expired = emulator.events.waitFor(({ name }) => name === 'instance.claim-expired');
    const events = emulator.events[Symbol.asyncIterator]();
    const { instanceId } = await emulator.claim('hello');
    await emulator.clock.advance(10_000);
    expect(await expired).toMatchObject({ instanceId });
    expect((await events.next()).value).toMatchObject({ name: 'instance.claimed', instanceId });
  });
});

describe('a claim', () => {
  it('waits in line until it gives up', async () => {
    await using emulator = await start('simulated', { limits: { max_queue_time: '1h' } });
    await emulator.claim('hello');
    const giveUp = new AbortController();
    const waiting = emulator.claim('hello', { signal: giveUp.signal });
    giveUp.abort(new Error('waited long enough'));
    await expect(waiting).rejects.toThrow('waited long enough');
    expect(emulator.function('hello').counts).toMatchObject({ waiting: 0, claimed: 1 });
  });

  it('that timed out in line says what to do', async () => {
    await using emulator = await start('simulated');
    await emulator.claim('hello');
    const refused = emulator.claim('hello').catch((error: unknown) => error);
    await emulator.clock.advance(5_000);
    expect(await refused).toMatchObject({
      name: 'SchedulerRejected',
      rejection: { name: 'queue-timeout', waitedMs: 5_000 },
      message: expect.stringMatching(/^Failed to claim hello: No instance .* became free within 5 s\. Release/),
    });
  });

  it('of an unknown function lists the known ones', async () => {
    await using emulator = await start('simulated');
    await expect(emulator.claim('helo')).rejects.toThrow(
      'Failed to find the function "helo": the stack has only hello.',
    );
  });
});

describe('invoking a function', () => {
  it('answers how it ended, what it printed, and how long it took', async () => {
    await using emulator = await start('docker', { script: 'echo hello, $NAME; echo oh >&2; exit 3' });
    const printed: string[] = [];
    const invocation = await emulator.invoke('hello', {
      env: { NAME: 'Ada' },
      onOutput: ({ text }) => printed.push(text),
    });
    expect(invocation).toMatchObject({
      exitCode: 3,
      outOfMemory: false,
      logs: { stdout: 'hello, Ada\n', stderr: 'oh\n' },
      durationsMs: { claim: expect.any(Number), spawn: expect.any(Number), run: expect.any(Number) },
    });
    expect(printed.toSorted().join('')).toBe('hello, Ada\noh\n');
    expect(emulator.logs(invocation.instanceId).stdout).toBe('hello, Ada\n');
  });

  it('waits for a port, also an unpublished one, and then releases', async () => {
    const script = "mkdir /www; trap 'exit 0' TERM; sleep 1; httpd -f -p 5000 -h /www & wait; wait";
    await using emulator = await start('docker', { script });
    const { exitCode } = await emulator.invoke('hello', { until: { port: 5000 } });
    expect(exitCode).toBe(0);
    expect(emulator.function('hello').counts.active).toBe(0);
  });

  it('says so where it ends before its port answers', async () => {
    await using emulator = await start('docker', { script: 'exit 4' });
    const failure = await emulator.invoke('hello', { until: { port: 5000 } }).catch((error: EmulatorError) => error);
    expect(failure).toMatchObject({
      code: 'ERR_RUN_ENDED',
      message: expect.stringContaining('its process ended with code 4 before port 5000 answered.'),
    });
  });

  it('is released when its caller gives up', async () => {
    await using emulator = await start('docker');
    const giveUp = new AbortController();
    const running = emulator.events.waitFor(({ name }) => name === 'instance.running');
    const invoked = emulator.invoke('hello', { signal: giveUp.signal });
    await running;
    giveUp.abort(new Error('enough'));
    await expect(invoked).rejects.toThrow('enough');
    expect(emulator.function('hello').counts.active).toBe(0);
  });
});

describe('a stack built in code', () => {
  const hello = {
    name: 'Hello',
    image: { origin: { type: 'docker-hub', details: { target: 'busybox:1.37' } } },
    stateful: false,
    config: { network: { public: 'disable', hostname: 'hello' }, deploy: { instances: 1, strategy: 'function' } },
  };
  const services = {
    scheduler: { config: { public: false, access_keys: [{ name: 'test', secret: 'test-secret', ips: [] }] } },
  };

  it('is read as if it were a file', async () => {
    const stack = { version: '1.0', containers: { hello }, services };
    await using emulator = await startEmulator({ stack, runtime: 'simulated' });
    expect(Object.keys(emulator.functions)).toEqual(['hello']);
    expect(emulator.accessKey).toBe('test-secret');
  });

  it('that is wrong is refused like a file', async () => {
    const stack = { version: '1.0', containers: { hello: { ...hello, image: {} } }, services };
    await expect(startEmulator({ stack, runtime: 'simulated' })).rejects.toMatchObject({ code: 'ERR_STACK_INVALID' });
  });

  it('refuses a root for a stack that has been read, whose paths are found already', async () => {
    await expect(start('simulated', {}, { root: '/' })).rejects.toMatchObject({
      code: 'ERR_BAD_OPTION',
      message: 'Failed to use the option "root": the stack has been read already. Give it to loadStack.',
    });
  });
});
