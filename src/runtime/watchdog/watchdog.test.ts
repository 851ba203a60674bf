import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type CliProcess, startCli } from '../../../test/support/cli-process.ts';
import { docker } from '../../../test/support/docker-cli.ts';
import { leftInEngine, nothingLeft } from '../../../test/support/left-in-engine.ts';
import { accessKey, sampleStack } from '../../../test/support/sample-stack.ts';
import { unassignedPort } from '../../../test/support/unassigned-port.ts';
import { startEmulator } from '../../emulator/start-emulator.ts';
import { loadEndpoint } from '../docker/engine/endpoint.ts';
import { startWatchdog } from './start-watchdog.ts';

/**
 * How soon after its emulator's death a session is to be gone at the latest. A machine that is not busy takes under a
 * second of the five that are promised; this leaves room for one that is.
 */
const withinMs = 20_000;

const containerId = '65a0000000000000000000aa';

/** A stack of one function that runs until it is stopped, in a file, for another process to read. */
const stackFile = (instances: number): string => {
  const path = join(tmpdir(), `cycle-watchdog-${process.pid}-${instances}.json`);
  const origin = { type: 'docker-hub', details: { target: 'busybox:1.37' } };
  const key = { name: 'sample', secret: accessKey, ips: [] };
  const stack = {
    version: '1.0',
    containers: {
      idle: {
        name: 'Idle',
        image: { origin },
        stateful: false,
        config: {
          network: { public: 'disable', hostname: 'idle' },
          deploy: { instances, strategy: 'function' },
          runtime: { command: { path: '/bin/sh', args: `-c "trap 'exit 0' TERM; sleep 1000 & wait $!"` } },
        },
      },
    },
    services: { scheduler: { config: { public: false, access_keys: [key] } } },
    emulator: { containers: { idle: { id: containerId } } },
  };
  writeFileSync(path, JSON.stringify(stack));
  return path;
};

const start = (instances: number, ...args: readonly string[]): CliProcess =>
  startCli(['start', stackFile(instances), '--port', '0', '--pull', 'never', '--log-level', 'debug', ...args]);

const urlOf = async (cli: CliProcess): Promise<string> => (await cli.line(/^ready http/)).replace('ready ', '');

const call = async (url: string, operation: string, body: object): Promise<{ instance_id: string }> => {
  const response = await fetch(`${url}/v1/functions/${containerId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`${operation} answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { data: { instance_id: string } }).data;
};

const claims = async (url: string, count: number): Promise<readonly string[]> =>
  (await Promise.all(Array.from({ length: count }, () => call(url, 'claim', { token: 'token' })))).map(
    ({ instance_id }) => instance_id,
  );

const spawns = (url: string, instances: readonly string[]): readonly Promise<unknown>[] =>
  instances.map((instance_id) => call(url, 'spawn', { token: 'token', instance_id }));

const pidOf = ({ pid }: ChildProcess): number => pid ?? 0;

/** Linux lists a process's children, by number. */
const childrenOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();

/** The emulator's only child is its watchdog; 0 is none. */
const watchdogOf = (child: ChildProcess): number => Number(childrenOf(pidOf(child)));

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Resolves once another process's child has ended, which nothing else reports; at once for 0. */
const endOf = async (pid: number): Promise<void> => {
  if (pid !== 0) await once(spawn('tail', ['-s', '0.1', '--pid', String(pid), '-f', '/dev/null']), 'exit');
};

/** Four callers that claim, spawn and release as fast as they are answered, until the emulator is gone. */
const loadUntilDeath = async (cli: CliProcess): Promise<void> => {
  const callUntilDeath = async (): Promise<void> => {
    const url = await urlOf(cli);
    for (;;) {
      const { instance_id } = await call(url, 'claim', { token: 'token' });
      await call(url, 'spawn', { token: 'token', instance_id });
      await call(url, 'release', { token: 'token', instance_id });
    }
  };
  await Promise.allSettled(Array.from({ length: 4 }, callUntilDeath));
};

/** How far an emulator has come when it is killed. */
const moments: Readonly<Record<string, (cli: CliProcess) => Promise<unknown>>> = {
  'while it makes its pool': (cli) => cli.line(/instance\.available/, 'stderr'),
  'with instances waiting': urlOf,
  'with functions running': async (cli) => {
    const url = await urlOf(cli);
    await Promise.all(spawns(url, await claims(url, 6)));
  },
  'while functions are being started': async (cli) => {
    const url = await urlOf(cli);
    const started = spawns(url, await claims(url, 8));
    await Promise.race(started);
    // The others' answers never come.
    for (const spawned of started) spawned.catch(() => {});
  },
};

describe('an emulator that is killed', () => {
  test.each(Object.entries(moments))('%s leaves nothing soon', async (_moment, comeSoFar) => {
    await using neighbour = await startEmulator({ stack: sampleStack({ neighbour: { instances: 2 } }) });
    const ofNeighbour = () => docker('ps', '-aq', '--filter', `label=io.cycle.emulator.session=${neighbour.session}`);
    const before = await ofNeighbour();
    using cli = start(10, '--warm', '6');
    await comeSoFar(cli);
    expect(await leftInEngine(pidOf(cli.child))).not.toEqual([]);
    cli.child.kill('SIGKILL');
    expect(await nothingLeft([pidOf(cli.child)])).toBeLessThan(withinMs);
    expect(await ofNeighbour()).toBe(before);
  });

  /** `CYCLE_KILLS=50` is the long form. */
  const kills = Number(process.env['CYCLE_KILLS'] ?? 3);

  test(`at ${kills} moments under load leaves nothing soon`, { timeout: kills * 60_000 }, async ({ annotate }) => {
    const times: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      using cli = start(8, '--hot', '2', '--warm', '6');
      const load = loadUntilDeath(cli);
      // From before it has read its stack to deep in its work; steps of the golden ratio spread them evenly.
      await pause(500 + ((kill * 0.618) % 1) * 3_000);
      const watchdog = watchdogOf(cli.child);
      cli.child.kill('SIGKILL');
      times.push(Math.round(await nothingLeft([pidOf(cli.child)])));
      await load;
      await endOf(watchdog);
      // Nor has the engine made anything since, of which it was asked before.
      expect(await leftInEngine(pidOf(cli.child))).toEqual([]);
    }
    await annotate(`nothing left after ${times.join(', ')} ms`);
    expect(Math.max(...times)).toBeLessThan(withinMs);
  });

  test('with its whole process group leaves nothing either', async () => {
    const main = join(import.meta.dirname, '../../cli/main.ts');
    const shell = `"${process.execPath}" "${main}" start "${stackFile(2)}" --port 0 --pull never; true`;
    const child = spawn('sh', ['-c', shell], { detached: true });
    let output = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      output += text;
      if (output.includes('ready http')) break;
    }
    const emulator = watchdogOf(child);
    expect(await leftInEngine(emulator)).not.toEqual([]);
    process.kill(-pidOf(child), 'SIGKILL');
    expect(await nothingLeft([emulator])).toBeLessThan(withinMs);
  });

  test('ended at once by a second signal leaves nothing either', async () => {
    using cli = start(10);
    const url = await urlOf(cli);
    await Promise.all(spawns(url, await claims(url, 4)));
    // Together, for on a busy machine a stop could be over between them.
    cli.child.kill('SIGINT');
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(1);
    expect(await nothingLeft([pidOf(cli.child)])).toBeLessThan(withinMs);
  });

  test('frees its port and its output at once, while its watchdog works on', async () => {
    const port = unassignedPort();
    using cli = start(2, '--port', String(port));
    await urlOf(cli);
    const watchdog = watchdogOf(cli.child);
    process.kill(watchdog, 'SIGSTOP');
    cli.child.kill('SIGKILL');
    await cli.ended;
    const next = createServer().listen(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
    expect(isRunning(watchdog)).toBe(true);
    process.kill(watchdog, 'SIGCONT');
    await nothingLeft([pidOf(cli.child)]);
  });
});

describe('the watchdog', () => {
  test('is gone when its emulator has stopped', async () => {
    using cli = start(2);
    await urlOf(cli);
    const watchdog = watchdogOf(cli.child);
    expect(isRunning(watchdog)).toBe(true);
    cli.child.kill('SIGINT');
    expect((await cli.ended).code).toBe(0);
    expect(isRunning(watchdog)).toBe(false);
  });

  test('is gone when its emulator could not start', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const before = childrenOf(process.pid).split(' ');
    await expect(startEmulator({ stack: sampleStack({ idle: {} }), port })).rejects.toThrow(`port ${port}`);
    holder.close();
    // Of those of earlier tests, some may have ended since.
    expect(before).toEqual(expect.arrayContaining(childrenOf(process.pid).split(' ')));
  });

  test.each([
    [['--no-watchdog'], {}],
    [[], { CYCLE_SCHEDULER_NO_WATCHDOG: '1' }],
  ])('is not there for %j with %j', async (args, env) => {
    using cli = startCli(['start', stackFile(1), '--port', '0', '--pull', 'never', ...args], env);
    await urlOf(cli);
    expect(watchdogOf(cli.child)).toBe(0);
    cli.child.kill('SIGTERM');
    await cli.ended;
  });

  test('is reported missing when it is ended by hand', async () => {
    const missed = Promise.withResolvers<string>();
    await using watchdog = startWatchdog({ session: 'none', endpoint: loadEndpoint() }, missed.resolve);
    process.kill(watchdog.pid ?? 0, 'SIGTERM');
    expect(await missed.promise).toBe('its process ended with SIGTERM');
  });

  test('does not keep its emulator’s process from ending', async () => {
    const url = new URL('./start-watchdog.ts', import.meta.url);
    const order = JSON.stringify({ session: 'none', endpoint: loadEndpoint() });
    const script = `(await import('${url}')).startWatchdog(${order}, () => {})`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
