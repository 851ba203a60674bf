import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { startCli } from './testing/cli-process.ts';
import { containersWith, docker } from './testing/docker-cli.ts';
import { accessKey, sampleStack } from './testing/sample-stack.ts';
import { createStateHome, kill, stop, whenReady } from './testing/state-home.ts';

const talkative = "trap 'exit 0' TERM; echo first words of $WHO; while :; do sleep 1 & wait $!; done";

const sessionOf = async (instanceId: string): Promise<string> => {
  const [container = ''] = await containersWith('instance', instanceId);
  return await docker('inspect', '--format', '{{index .Config.Labels "io.cycle.emulator.session"}}', container);
};

describe.each([
  ['cold', 0],
  ['hot', 2],
])('an emulator with a state file that is killed, its instances %s,', (_mode, hot) => {
  test('goes on with its claims, its running functions and what they have printed', async () => {
    await using home = createStateHome({ script: talkative, instances: 3, hot });
    const first = home.start();
    const before = await whenReady(first);
    const running = await before.claimed('running');
    await before.spawn(running, { WHO: 'Ada' }, 'running');
    const claimed = await before.claimed('claimed');
    const containers = await containersWith('instance', running);
    await kill(first);
    expect(await containersWith('instance', running)).toEqual(containers);

    const second = home.start();
    const after = await whenReady(second);
    expect(await second.line(/^State /)).toBe(`State       ${home.stateFile} (1 claim holds, 1 function still runs)`);
    expect(await containersWith('instance', running, { all: true })).toEqual(containers);
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
    expect(await containersWith('instance', running)).toEqual(expect.not.arrayContaining([...containers]));

    const last = await after.claimed('latest');
    expect((await after.spawn(last, {}, 'latest')).status).toBe(200);
    const session = await sessionOf(last);
    expect(await stop(second)).toMatchObject({ code: 0 });
    expect(await docker('ps', '-aq', '--filter', `label=io.cycle.emulator.session=${session}`)).toBe('');
    expect(await docker('network', 'ls', '-q', '--filter', `label=io.cycle.emulator.session=${session}`)).toBe('');
  });
});

describe('an emulator that goes on with a state file', () => {
  test('tells how a run ended that ended while nobody looked', async () => {
    await using home = createStateHome({ script: 'echo working; sleep 1; echo done; exit 9' });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    await before.spawn(instanceId);
    const [container = ''] = await containersWith('instance', instanceId);
    await kill(first);
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

  test('stops a run whose time is over', async () => {
    await using home = createStateHome({ limits: { max_runtime: '2s' } });
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    await before.spawn(instanceId);
    await kill(first);
    const second = home.start();
    await whenReady(second);
    await second.line(/container\.instance\.function\.max_runtime/, 'stderr');
    expect(await second.line(/instance\.ended/, 'stderr')).toContain('"code":0');
    await stop(second);
  });

  test('ends the runs of a function that the stack does not have any more, and says so', async () => {
    await using home = createStateHome();
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    await before.spawn(instanceId);
    await kill(first);
    const id = '65a0000000000000000000ee';
    home.write({ id });
    const second = home.start();
    expect(await second.line(/is dropped/, 'stderr')).toContain(`"instance":"${instanceId}","state":"running"`);
    const after = await whenReady(second, id);
    expect(await containersWith('instance', instanceId, { all: true })).toEqual([]);
    expect((await after.claim()).status).toBe(200);
    await stop(second);
  });

  test('leaves functions running, and the file as it was, where it cannot start', async () => {
    await using home = createStateHome();
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    await before.spawn(instanceId);
    const containers = await containersWith('instance', instanceId);
    await kill(first);
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const failed = home.start('--port', String(port));
    expect(await failed.ended).toMatchObject({ code: 1 });
    holder.close();
    // Killed by its user in the middle of its start, too.
    const interrupted = home.start();
    await interrupted.line(/instance\.available|busybox/, 'stderr');
    await stop(interrupted);
    expect(await containersWith('instance', instanceId)).toEqual(containers);
    const last = home.start();
    expect(await (await whenReady(last)).release(instanceId)).toMatchObject({ status: 200 });
    await stop(last);
  });

  test('does so on a Docker where other emulators are started and prune is called', async () => {
    await using home = createStateHome();
    const first = home.start();
    const before = await whenReady(first);
    const instanceId = await before.claimed();
    await before.spawn(instanceId);
    const session = await sessionOf(instanceId);
    await kill(first);
    {
      await using _other = await startEmulator({ stack: sampleStack({ other: {} }) });
    }
    const pruned = await startCli(['prune']).ended;
    expect(pruned.stdout).toMatch(
      new RegExp(
        `^kept \\d+ of session ${session} for ${home.stateFile} \\(to end it, remove that file, or use --all\\)$`,
        'm',
      ),
    );
    const second = home.start();
    expect(await (await whenReady(second)).release(instanceId)).toMatchObject({ status: 200 });
    await stop(second);
  });
});

test('a state file serves one emulator at a time', async () => {
  await using home = createStateHome();
  const first = home.start('--runtime', 'simulated');
  await whenReady(first);
  const { code, stderr } = await home.start('--runtime', 'simulated').ended;
  expect([code, stderr.trim()]).toEqual([
    1,
    `cycle-scheduler: Failed to open the state file ${home.stateFile}: another emulator uses it. Stop that one, or give this one a file of its own.`,
  ]);
  await stop(first);
  expect(existsSync(home.stateFile)).toBe(true);
});
