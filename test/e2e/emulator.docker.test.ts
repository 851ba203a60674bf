import { describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { callerOf, nextEvent } from '../support/caller.ts';
import { startCli } from '../support/cli-process.ts';
import { containersWith, docker, untilWarm } from '../support/docker-cli.ts';
import { canBeWarm } from '../support/runtime/docker-session.ts';
import { accessKey, type SampleFunction, sampleStack } from '../support/sample-stack.ts';

const runningContainer = async (instanceId: string): Promise<string> => {
  const running = await containersWith('instance', instanceId);
  expect(running).toHaveLength(1);
  return running[0] ?? '';
};

const environmentOf = async (instanceId: string): Promise<Record<string, string>> => {
  const raw = await docker('exec', await runningContainer(instanceId), 'cat', '/proc/1/environ');
  return Object.fromEntries(
    raw
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
};

const modes = [
  { mode: 'cold', hot: 0, warm: 0 },
  // An engine without warm instances makes cold ones of them.
  ...((await canBeWarm()) ? [{ mode: 'warm', hot: 0, warm: 3 }] : []),
  { mode: 'hot', hot: 2, warm: 3 },
];

const startWith =
  ({ hot, warm }: { readonly hot: number; readonly warm: number }) =>
  async (functions: Record<string, SampleFunction>): Promise<Emulator> => {
    const emulator = await startEmulator({ stack: sampleStack(functions), hot, warm });
    if (warm > 0) await untilWarm(emulator);
    return emulator;
  };

/** What only real containers can show. */
describe.each(modes)('a spawned function, from a $mode instance', ({ mode: _mode, ...counts }) => {
  const start = startWith(counts);

  it('is one running container with our labels, however many spawn it at once', async () => {
    await using emulator = await start({ hello: {} });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    const spawns = await Promise.all(
      [1, 2, 3, 4].map((number) => caller.spawn(instanceId, { NUMBER: String(number) })),
    );
    expect(spawns.map(({ status }) => status).toSorted()).toEqual([200, 403, 403, 403]);
    const container = await runningContainer(instanceId);
    const labels = JSON.parse(await docker('inspect', '-f', '{{json .Config.Labels}}', container));
    expect(labels).toMatchObject({
      'io.cycle.emulator.session': emulator.session,
      'io.cycle.emulator.environment': emulator.stack.environment.id,
      'io.cycle.emulator.container': emulator.stack.functions[0]?.containerId,
      'io.cycle.emulator.instance': instanceId,
    });
    await caller.release(instanceId);
    expect(await containersWith('instance', instanceId)).not.toContain(container);
  });

  it('has exactly the variables of the spawn, over the stack’s and under Cycle’s own', async () => {
    await using emulator = await start({ hello: { environment: { COLOUR: 'red', SHAPE: 'round' } } });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    const exact = {
      COLOUR: 'blue',
      EMPTY: '',
      LINES: 'one\ntwo\r\n\tthree\n',
      QUOTES: `'single' "double" \`back\` \\ $HOME \${HOME} $(id) %s #`,
      SPACES: '  both ends  ',
      UNICODE: 'žluťoučký kůň 🐎 \u202e',
      'my.prop': 'not a shell name',
      EQUALS: 'a=b=c',
      LARGE: 'x'.repeat(64 * 1024),
    };
    await caller.spawn(instanceId, { ...exact, CYCLE_INSTANCE_ID: 'forged' });
    const environment = await environmentOf(instanceId);
    expect(environment).toMatchObject({ ...exact, SHAPE: 'round', CYCLE_INSTANCE_ID: instanceId });
    expect(environment['PATH']).toContain('/bin');
  });

  it('has the addresses, the MAC address and the hostname that claim and active answer', async () => {
    await using emulator = await start({ hello: {} });
    const caller = callerOf(emulator);
    const { data } = await caller.claim();
    const { instance_id: instanceId, environment } = data as {
      instance_id: string;
      environment: { ipv6: { cidr: string }; legacy: { ipv4: { cidr: string } }; mac_addr: string };
    };
    await caller.spawn(instanceId, { REPLACED: 'yes' });
    const container = await runningContainer(instanceId);
    const shown = await docker('exec', container, 'ip', 'addr', 'show', 'eth0');
    expect(shown).toContain(`inet ${environment.legacy.ipv4.cidr} `);
    expect(shown).toContain(`inet6 ${environment.ipv6.cidr} `);
    expect(shown).toContain(`link/ether ${environment.mac_addr} `);
    const active = (await caller.active()).data as Record<string, { hostname: string }>;
    expect(await docker('exec', container, 'hostname')).toBe(active[instanceId]?.hostname);
  });

  it('starts from the clean filesystem of its image in every run', async () => {
    await using emulator = await start({ hello: {} });
    const caller = callerOf(emulator);
    for (const run of ['first', 'second']) {
      const instanceId = await caller.claimed();
      await caller.spawn(instanceId);
      const container = await runningContainer(instanceId);
      expect((await docker('exec', container, 'ls', '/')).split('\n'), run).not.toContain('left-behind');
      await docker('exec', container, 'touch', '/left-behind');
      await caller.release(instanceId);
    }
  });

  it('that ignores SIGTERM is killed after its grace', async () => {
    const deaf = "trap '' TERM; echo deaf; while :; do sleep 1; done";
    await using emulator = await start({ deaf: { script: deaf, shutdown: { graceful_timeout: '400ms' } } });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    for await (const { text } of emulator.logs(instanceId).follow()) if (text.includes('deaf')) break;
    const askedAt = performance.now();
    const released = await caller.release(instanceId);
    expect(released.status).toBe(200);
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(400);
    expect(await containersWith('instance', instanceId)).toEqual([]);
  });

  it('that exits by itself frees its only instance, many times over', async () => {
    await using emulator = await start({ quick: { script: 'exit 3', limits: { max_queue_time: '30s' } } });
    const caller = callerOf(emulator);
    const codes: unknown[] = [];
    emulator.events.subscribe((event) => {
      if (event.name === 'instance.ended') codes.push(event.exit.code);
    });
    for (let run = 0; run < 12; run += 1) {
      const instanceId = await caller.claimed();
      const ended = nextEvent(emulator, 'instance.ended', instanceId);
      expect(await caller.spawn(instanceId)).toMatchObject({ status: 200 });
      await ended;
    }
    expect(codes).toEqual(Array.from({ length: 12 }, () => 3));
  });

  it('whose command is not in the image is a clear 500, and the emulator runs on', async () => {
    await using emulator = await start({
      broken: { command: { path: '/no/such/program' }, limits: { max_queue_time: '30s' } },
      hello: {},
    });
    const broken = callerOf(emulator, 'broken');
    for (const run of [1, 2]) {
      const spawn = await broken.spawn(await broken.claimed());
      expect(spawn, `run ${run}`).toMatchObject({ status: 500, code: '500.unknown' });
      expect(spawn.detail).toContain('/no/such/program');
      expect(spawn.detail).not.toContain('\n');
    }
    const hello = callerOf(emulator, 'hello');
    expect(await hello.spawn(await hello.claimed())).toMatchObject({ status: 200 });
  });

  it('is published on this machine where its network is public', async () => {
    const script = "mkdir /www; echo served > /www/index.html; trap 'exit 0' TERM; httpd -f -p 5000 -h /www & wait $!";
    await using emulator = await start({ http: { script, network: { public: 'enable', ports: ['80:5000'] } } });
    const caller = callerOf(emulator);
    const port = new Promise<number>((resolve) => {
      emulator.events.subscribe((event) => {
        if (event.name === 'instance.running') resolve(event.publishedPorts[5000] ?? 0);
      });
    });
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const [holder = await runningContainer(instanceId)] = await containersWith('sandbox', instanceId);
    const shown = await docker('port', holder, '5000');
    expect(shown).toBe(`127.0.0.1:${await port}`);
    const portsOf = () => emulator.function('http').instances()[0]?.publishedPorts;
    expect(portsOf()).toEqual({ 5000: await port });
    const table = await startCli(['ps', '--url', emulator.url, '--access-key', accessKey]).ended;
    expect(table.stdout).toContain(` ${await port}->5000/tcp `);
    await caller.release(instanceId);
    expect(portsOf()).toEqual({});
  });
});

describe.each(modes)('stopping with $mode instances', ({ mode: _mode, ...counts }) => {
  const start = startWith(counts);

  it('leaves no container and no network, though functions run and starts are under way', async () => {
    const emulator = await start({ hello: { instances: 3 } });
    const caller = callerOf(emulator);
    const instanceIds = [await caller.claimed(), await caller.claimed()];
    await caller.spawn(instanceIds[0] ?? '');
    const spawning = caller.spawn(instanceIds[1] ?? '', { REPLACED: 'yes' }).catch(() => null);
    await emulator.stop();
    await spawning;
    expect(await containersWith('session', emulator.session, { all: true })).toEqual([]);
    const networks = await docker(
      'network',
      'ls',
      '-q',
      '--filter',
      `label=io.cycle.emulator.session=${emulator.session}`,
    );
    expect(networks).toBe('');
    const volumes = await docker(
      'volume',
      'ls',
      '-q',
      '--filter',
      `label=io.cycle.emulator.session=${emulator.session}`,
    );
    expect(volumes).toBe('');
  });

  it('leaves nothing after an aborted start, either', async () => {
    const aborter = new AbortController();
    const sessions: string[] = [];
    const starting = startEmulator({
      stack: sampleStack({ hello: { instances: 30 } }),
      ...counts,
      signal: aborter.signal,
      logger: {
        info: () => {},
        warn: () => {},
        error: () => {},
        debug: () => aborter.abort(new Error('stop at once')),
      },
    });
    await expect(starting).rejects.toThrow('stop at once');
    const left = await docker('ps', '-aq', '--filter', `label=io.cycle.emulator.pid=${process.pid}`);
    expect([left, ...sessions]).toEqual(['']);
  });
});

describe.each(modes)('a container that a person removes, from a $mode instance', ({ mode: _mode, ...counts }) => {
  const start = startWith(counts);

  it('before it is spawned is replaced, and the spawn goes on', async () => {
    // Podman waits so long before it kills what it is to remove.
    await using emulator = await start({ hello: { shutdown: { graceful_timeout: '1s' } } });
    // The lease waits for the docker CLI, however busy the machine is.
    emulator.clock.freeze();
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    const containers = await containersWith('instance', instanceId, { all: true });
    // One that waits warm has its sandbox alone.
    const [prepared = ''] = [...containers, ...(await containersWith('sandbox', instanceId))];
    await docker('rm', '-f', prepared);
    expect(await caller.spawn(instanceId)).toMatchObject({ status: 200 });
    expect(await runningContainer(instanceId)).not.toBe(prepared);
  });

  it('while it runs ends its run, and frees its instance', async () => {
    await using emulator = await start({ hello: { limits: { max_queue_time: '30s' } } });
    const caller = callerOf(emulator);
    const instanceId = await caller.claimed();
    await caller.spawn(instanceId);
    const ended = nextEvent(emulator, 'instance.ended', instanceId);
    await docker('rm', '-f', await runningContainer(instanceId));
    await ended;
    expect(await caller.claimed()).toBe(instanceId);
  });
});
