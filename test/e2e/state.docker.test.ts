import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { loadEndpoint } from '../../src/runtime/docker/engine/endpoint.ts';
import { errorCodes } from '../../src/shared/errors.ts';
import { callerOf } from '../support/caller.ts';
import { startCli } from '../support/cli-process.ts';
import { docker } from '../support/docker-cli.ts';
import { startOwnDaemon } from '../support/own-daemon.ts';
import { startBrokenLine } from '../support/runtime/broken-line.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';
import { createStateHome, kill, lengthenLeases, stop, whenReady } from '../support/state-home.ts';

const talkative = "trap 'exit 0' TERM; echo first words of $WHO; while :; do sleep 1 & wait $!; done";

describe.each([
  ['cold', 0],
  ['hot', 2],
])('an emulator with a state file that is killed, its instances %s,', (_mode, hot) => {
  test('goes on with its claims, its running functions and what they have printed', async () => {
    await using home = createStateHome({ script: talkative, instances: 3, hot });
    const first = home.start();
    const before = await whenReady(first);
    const running = await before.claimed('running');
    expect((await before.spawn(running, { WHO: 'Ada' }, 'running')).status).toBe(200);
    const claimed = await before.claimed('claimed');
    const containers = await before.running(running);
    await kill(first);
    lengthenLeases(home.stateFile);
    expect(containers).toHaveLength(1);
    expect(await before.running(running)).toEqual(containers);

    const second = home.start();
    const after = await whenReady(second);
    expect(after.state).toEqual({ path: home.stateFile, claims: 1, runs: 1 });
    expect(after.session).toBe(before.session);
    expect(await after.running(running)).toEqual(containers);
    expect(await after.active()).toMatchObject({ data: { [running]: { state: { current: 'running' } } } });
    expect((await startCli(['logs', running, '--url', after.url, '--access-key', accessKey]).ended).stdout).toBe(
      'first words of Ada\n',
    );
    expect(await after.claimed('another')).not.toBe(claimed);
    expect(await after.spawn(claimed, {}, 'another')).toMatchObject({ status: 403, code: '403.mismatch' });
    expect(await after.spawn(claimed, {}, 'claimed')).toMatchObject({ status: 200 });
    for (const [id, token] of [
      [running, 'running'],
      [claimed, 'claimed'],
    ] as const) {
      expect(await after.release(id, token)).toMatchObject({ status: 200, data: { spawned: expect.any(String) } });
    }
    expect(await before.running(running)).not.toContain(containers[0]);

    expect(await stop(second)).toMatchObject({ code: 0 });
    for (const list of [
      ['ps', '-aq'],
      ['network', 'ls', '-q'],
      ['volume', 'ls', '-q'],
    ]) {
      expect(await after.list(...list)).toEqual([]);
    }
  });
});

/** Follows an instance's output until it ends with that; answers how much was missing before it. */
const readUntil = async (end: string, url: string, instanceId: string): Promise<string | null> => {
  const { body, headers } = await fetch(`${url}/_emulator/instances/${instanceId}/logs?follow=true`, {
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey, Accept: 'text/plain' },
  });
  let seen = '';
  for await (const bytes of body ?? []) {
    // A mark may follow it in the same piece.
    seen += Buffer.from(bytes).toString('latin1');
    if (seen.includes(end)) break;
    seen = seen.slice(-end.length);
  }
  return headers.get('missing-bytes');
};

/** Runs in an emulator before all else: as if Ctrl-C came just as the first instance is made, and before the others are. */
const endAtFirstInstance = `
  import fs from 'node:fs';
  const { writeSync } = fs;
  fs.writeSync = (fd, text, ...rest) => {
    if (String(text).includes('instance.available')) {
      fs.writeSync = writeSync;
      process.kill(process.pid, 'SIGINT');
    }
    return writeSync(fd, text, ...rest);
  };`;

describe('an emulator that goes on with a state file', () => {
  test('reports how a run ended while no emulator ran', async () => {
    await using home = createStateHome({
      script: "trap 'echo done; exit 9' USR1; echo working; while :; do sleep 1 & wait $!; done",
    });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    const [container = ''] = await before.running(instanceId);
    await kill(first);
    await docker('kill', '--signal', 'USR1', container);
    await docker('wait', container);
    const second = home.start();
    const after = await whenReady(second);
    expect(await second.line(/instance\.ended/, 'stderr')).toContain(
      '"exit":{"code":9,"outOfMemory":false,"lastLines":["working","done"]}',
    );
    expect(await after.release(instanceId)).toMatchObject({ status: 200 });
    expect(await after.release(instanceId)).toMatchObject({ status: 403 });
    await stop(second);
  });

  test('has what a function printed while no emulator ran, and what it prints at its end', async () => {
    const long = `a${'é'.repeat(3_000)}`;
    const script = `trap 'seq 1 20000; printf END; exit 0' USR1; echo ${long}; seq 1 20000; while :; do sleep 1 & wait $!; done`;
    await using home = createStateHome({ script, limits: { max_runtime: '5m' } });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    const [container = ''] = await before.running(instanceId);
    await kill(first);
    const second = home.start();
    const after = await whenReady(second);
    const follower = startCli(['logs', instanceId, '--follow', '--url', after.url, '--access-key', accessKey]);
    await follower.line(/^20000$/);
    await docker('kill', '--signal', 'USR1', container);
    const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join('');
    expect((await follower.ended).stdout).toBe(`${long}\n${numbers}${numbers}END`);
    await stop(second);
  });

  test('says that output may be missing where the engine keeps only the end of it', async () => {
    const script = "head -c 70000000 /dev/zero | tr '\\\\0' x; echo; echo printed; while :; do sleep 1 & wait $!; done";
    await using home = createStateHome({ script });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    expect(await readUntil('printed\n', before.url, instanceId)).toBeNull();
    await kill(first);
    const second = home.start();
    const after = await whenReady(second);
    // At once much of it is still to be read from the engine; then it is known.
    await readUntil('printed\n', after.url, instanceId);
    // Podman starts its one file again when it is full, and nothing in it says so.
    const isPodman = (await docker('version', '--format', '{{json .Server}}')).includes('Podman');
    expect(await readUntil('printed\n', after.url, instanceId)).toBe(isPodman ? null : 'unknown');
    await stop(second);
  });

  test('stops a run whose time is over', async () => {
    await using home = createStateHome({ limits: { max_runtime: '2s' } });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    await kill(first);
    const second = home.start();
    await whenReady(second);
    await second.line(/container\.instance\.function\.max_runtime/, 'stderr');
    expect(await second.line(/instance\.ended/, 'stderr')).toContain('"code":0');
    await stop(second);
  });

  test('ends the runs of a function that the stack no longer has, and says so', async () => {
    await using home = createStateHome();
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    await kill(first);
    home.write({ another: {} });
    const second = home.start();
    expect(await second.line(/is dropped/, 'stderr')).toContain(`"instance":"${instanceId}","state":"running"`);
    const after = await whenReady(second);
    expect(await after.list('ps', '-aq', '--filter', `label=io.cycle.emulator.instance=${instanceId}`)).toEqual([]);
    expect((await after.claim()).status).toBe(200);
    await stop(second);
  });

  test('leaves functions running, and the file as it was, where it cannot start', async () => {
    await using home = createStateHome({ instances: 9 });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    const containers = await before.running(instanceId);
    await kill(first);
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const failed = home.start('--port', String(port));
    expect(await failed.ended).toMatchObject({ code: 1 });
    holder.close();
    // And where it has to stop before it is ready.
    vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(endAtFirstInstance)}`);
    const interrupted = home.start();
    vi.unstubAllEnvs();
    expect((await interrupted.ended).stderr).toContain('instance.available');
    expect(await before.running(instanceId)).toEqual(containers);
    const last = home.start();
    expect(await (await whenReady(last)).release(instanceId)).toMatchObject({ status: 200 });
    await stop(last);
  });

  test('still has the runs that its stop could not end, and frees the file at once', async () => {
    await using home = createStateHome();
    await using line = await startBrokenLine(loadEndpoint().url);
    const start = () =>
      startEmulator({
        stack: sampleStack({ sample: {} }),
        state: home.stateFile,
        docker: line.url,
        pull: 'never',
      });
    const first = await start();
    const instanceId = await callerOf(first).claimed();
    expect((await callerOf(first).spawn(instanceId)).status).toBe(200);
    await line.cut();
    await expect(first.stop()).rejects.toMatchObject({ code: errorCodes.dockerUnreachable });
    await line.mend();
    await using second = await start();
    expect(second.state).toMatchObject({ runs: 1 });
    expect(await callerOf(second).release(instanceId)).toMatchObject({ status: 200 });
  });

  test('keeps its runs where other emulators start and prune is called on the same Docker', async () => {
    await using home = createStateHome();
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    expect((await before.spawn(instanceId)).status).toBe(200);
    await kill(first);
    {
      await using _other = await startEmulator({ stack: sampleStack({ other: {} }) });
    }
    const pruned = await startCli(['prune', '--dry-run']).ended;
    expect(pruned.stdout).toMatch(
      new RegExp(
        `^kept \\d+ of session ${before.session} for ${home.stateFile} \\(to end it, remove that file, or use --all\\)$`,
        'm',
      ),
    );
    const second = home.start();
    expect(await (await whenReady(second)).release(instanceId)).toMatchObject({ status: 200 });
    await stop(second);
  });
});

test('an emulator goes on with a state file that was moved', async () => {
  // Any other emulator that starts there meanwhile removes what has no state file.
  await using daemon = await startOwnDaemon();
  await using home = createStateHome();
  const first = home.start('--docker', daemon.url);
  const before = await whenReady(first, daemon.docker);
  const instanceId = await before.claimed();
  expect((await before.spawn(instanceId)).status).toBe(200);
  const containers = await before.running(instanceId);
  await kill(first);
  const moved = home.move();
  const second = home.start('--docker', daemon.url);
  const after = await whenReady(second, daemon.docker);
  expect(after.state).toEqual({ path: moved, claims: 0, runs: 1 });
  expect(await after.running(instanceId)).toEqual(containers);
  expect(await after.release(instanceId)).toMatchObject({ status: 200 });
  await stop(second);
});

test('a state file serves one emulator at a time', async () => {
  await using home = createStateHome();
  const first = home.start('--runtime', 'simulated');
  await whenReady(first);
  const { code, stderr } = await home.start('--runtime', 'simulated').ended;
  expect([code, stderr.trim().split('\n').at(-1)]).toEqual([
    1,
    `cycle-scheduler: Failed to open the state file ${home.stateFile}: another emulator uses it. Stop that one, or give this one a file of its own.`,
  ]);
  await stop(first);
  expect(existsSync(home.stateFile)).toBe(true);
});
