import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { callerOf, nextEvent } from '../support/caller.ts';
import { containersWith, docker, untilWarm } from '../support/docker-cli.ts';
import { type OwnDaemon, startOwnDaemon } from '../support/own-daemon.ts';
import { canBeWarm } from '../support/runtime/docker-session.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

const limits = { max_queue_time: '30s' };

/** A release can come before the shell has set its trap, and then waits for this. */
const shutdown = { graceful_timeout: '1s' };

const start = (sample: SampleFunction, url?: string): Promise<Emulator> =>
  startEmulator({
    stack: sampleStack({ sample: { limits, shutdown, ...sample } }),
    pull: 'never',
    ...(url === undefined ? {} : { docker: url }),
  });

const containerOf = async (emulator: Emulator): Promise<string> => {
  const containers = await containersWith('session', emulator.session, { all: true });
  expect(containers).toHaveLength(1);
  return containers[0] ?? '';
};

/** Runs the function once, as any caller would. */
const runOnce = async (emulator: Emulator): Promise<void> => {
  const caller = callerOf(emulator);
  const instanceId = await caller.claimed();
  expect(await caller.spawn(instanceId)).toMatchObject({ status: 200 });
  expect(await caller.release(instanceId)).toMatchObject({ status: 200 });
};

const modes = [
  { mode: 'cold', hot: 0 },
  { mode: 'hot', hot: 1 },
];

describe.each(modes)('a $mode container that waits', ({ hot }) => {
  const hands: Readonly<Record<string, (container: string) => Promise<unknown>>> = {
    'docker rm -f': (container) => docker('rm', '-f', container),
    ...(hot === 0
      ? {
          'docker container prune': () =>
            docker('container', 'prune', '-f', '--filter', `label=io.cycle.emulator.pid=${process.pid}`),
        }
      : {
          'docker kill': (container) => docker('kill', container),
          'docker network disconnect': async (container) => {
            const format = '{{range $name, $endpoint := .NetworkSettings.Networks}}{{$name}}{{end}}';
            const network = await docker('inspect', '-f', format, container);
            await docker('network', 'disconnect', '-f', network, container);
          },
        }),
  };

  it.each(Object.entries(hands))('is replaced by one of its kind after %s', async (_name, hand) => {
    await using emulator = await start({ hot });
    const before = await containerOf(emulator);
    const lost = nextEvent(emulator, 'container.instance.error');
    const available = nextEvent(emulator, 'instance.available');
    await hand(before);
    await lost;
    await available;
    const after = await containerOf(emulator);
    expect(after).not.toBe(before);
    expect(await docker('inspect', '-f', '{{.State.Running}}', after)).toBe(String(hot === 1));
    await runOnce(emulator);
  });
});

describe('the sandbox of a warm instance that waits', () => {
  const network = '{{range $name, $endpoint := .NetworkSettings.Networks}}{{$name}}{{end}}';
  const hands: Readonly<Record<string, (sandbox: string) => Promise<unknown>>> = {
    'docker rm -f': (sandbox) => docker('rm', '-f', sandbox),
    'docker kill': (sandbox) => docker('kill', sandbox),
    'docker network disconnect': async (sandbox) =>
      docker('network', 'disconnect', '-f', await docker('inspect', '-f', network, sandbox), sandbox),
  };

  it.each(Object.entries(hands))('is made again after %s, and the instance serves', async (_name, hand) => {
    await using emulator = await start({ warm: 1 });
    await untilWarm(emulator);
    const instanceId = emulator.function('sample').instances()[0]?.id ?? '';
    const [before] = await containersWith('sandbox', instanceId);
    if (before === undefined) return expect(await canBeWarm()).toBe(false);
    const lost = nextEvent(emulator, 'container.instance.error');
    const available = nextEvent(emulator, 'instance.available');
    await hand(before);
    await lost;
    await available;
    await untilWarm(emulator);
    await runOnce(emulator);
    const [after] = await containersWith('sandbox', instanceId);
    expect(after).not.toBe(before);
  });

  it('does not have to be unpaused', async () => {
    await using emulator = await start({ warm: 1 });
    await untilWarm(emulator);
    const instanceId = emulator.function('sample').instances()[0]?.id ?? '';
    for (const sandbox of await containersWith('sandbox', instanceId)) await docker('pause', sandbox);
    await runOnce(emulator);
    await runOnce(emulator);
  });
});

describe('docker pause', () => {
  it.each(modes)('on a $mode function that runs does not keep release from ending it', async ({ hot }) => {
    await using emulator = await start({ hot });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const [container = ''] = await containersWith('session', emulator.session);
    await docker('pause', container);
    expect(await caller.release(instanceId)).toMatchObject({ status: 200 });
    await runOnce(emulator);
  });

  it('on a function that runs does not keep max_runtime from ending it', async () => {
    await using emulator = await start({ limits: { ...limits, max_runtime: '1h' } });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    await docker('pause', await containerOf(emulator));
    await emulator.clock.advance(3_600_000);
    await runOnce(emulator);
  });

  it('on a hot container that waits does not keep it from being spawned', async () => {
    await using emulator = await start({ hot: 1 });
    await docker('pause', await containerOf(emulator));
    await runOnce(emulator);
  });
});

describe('on a daemon of its own', () => {
  let daemon: OwnDaemon;
  beforeAll(async () => {
    daemon = await startOwnDaemon();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  /** What the instance fails with, time after time, until the test has mended it. */
  const failure = async (emulator: Emulator): Promise<string> => {
    const event = await emulator.events.waitFor(({ name }) => name === 'container.instance.error');
    return 'reason' in event ? event.reason : '';
  };

  // Elsewhere an emulator of another test could take the subnet while the network is away.
  test('a network that was removed is made again by the next spawn, and the instance has the same address in it', async () => {
    await using emulator = await start({}, daemon.url);
    const label = `label=io.cycle.emulator.session=${emulator.session}`;
    await daemon.docker('network', 'rm', await daemon.docker('network', 'ls', '-q', '--filter', label));
    const caller = callerOf(emulator);
    const { data } = await caller.claim();
    const { instance_id, environment } = data as {
      instance_id: string;
      environment: { legacy: { ipv4: { ip: string } } };
    };
    expect(await caller.spawn(instance_id)).toMatchObject({ status: 200 });
    const container = await daemon.docker('ps', '-q', '--filter', label);
    const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    expect(await daemon.docker('inspect', '-f', address, container)).toBe(environment.legacy.ipv4.ip);
    await caller.release(instance_id);
    await runOnce(emulator);
  });

  test('a subnet that another network has taken is an error that names it, and is used again once it is free', async () => {
    await using emulator = await start({}, daemon.url);
    const label = `label=io.cycle.emulator.session=${emulator.session}`;
    const id = await daemon.docker('network', 'ls', '-q', '--filter', label);
    const subnet = await daemon.docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', id);
    await daemon.docker('network', 'rm', id);
    const other = await daemon.docker('network', 'create', '--subnet', subnet, `in-place-of-${emulator.session}`);
    const caller = callerOf(emulator);
    const spawned = await caller.spawn(await caller.claimed());
    await daemon.docker('network', 'rm', other);
    expect(spawned).toMatchObject({ status: 500, code: '500.unknown' });
    expect(spawned.detail).toContain(`its subnet ${subnet} now overlaps another network`);
    await runOnce(emulator);
  });

  test('an image that was removed is missed with the next container, and used again once it is back', async () => {
    await using emulator = await start({}, daemon.url);
    // By its ID: with containerd's image store an image without a name can still be used by its ID.
    await daemon.docker('rmi', '-f', await daemon.docker('images', '-q', 'busybox:1.37'));
    const failed = failure(emulator);
    // The container that waits has all it needs.
    await runOnce(emulator);
    expect(await failed).toMatch(/Failed to find image busybox:1\.37: .* Run `docker pull busybox:1\.37`/);
    await daemon.loadBaseImage();
    await runOnce(emulator);
  });

  test('a disk that is full is an error in the words of Docker, and serves again when there is room', async () => {
    await using emulator = await start({}, daemon.url);
    const caller = callerOf(emulator);
    emulator.clock.freeze();
    const instanceId = await caller.claimed();
    daemon.fillDisk();
    const spawned = await caller.spawn(instanceId, { ANOTHER: 'container' });
    expect(spawned).toMatchObject({ status: 500, code: '500.unknown' });
    expect(spawned.detail).toContain('no space left on device');
    // Whether the container that gave way has made room for another depends on how much Docker leaves of a refused one.
    daemon.freeDisk();
    emulator.clock.resume();
    await runOnce(emulator);
  });
});
