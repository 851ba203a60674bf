import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callerAt } from '../../test/support/caller.ts';
import { startCli } from '../../test/support/cli-process.ts';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { startEmulator } from '../emulator/start-emulator.ts';
import { parseRecording } from './recorder.ts';

type Caller = ReturnType<typeof callerAt>;

/** What the user's program does, with tokens of its own in each run. */
const drive = async (caller: Caller, token: string) => {
  const instanceId = await caller.claimed(token);
  const spawned = await caller.spawn(instanceId, { NAME: 'Ada' }, token);
  const active = await caller.active();
  const wrong = await caller.release(instanceId, 'not-the-token');
  const released = await caller.release(instanceId, token);
  return { instanceId, statuses: [spawned, active, wrong, released].map(({ status }) => status), active, wrong };
};

const record = async (token: string) => {
  const stack = sampleStack({ hello: {} });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  const containerId = emulator.function('hello').id;
  const driven = await drive(callerAt(emulator.url, containerId), token);
  const headers = { 'X-CYCLE-ACCESS-KEY': accessKey };
  const text = await (await fetch(`${emulator.controlUrl}/_emulator/recording`, { headers })).text();
  const path = join(mkdtempSync(join(tmpdir(), 'cycle-recording-')), 'recording.json');
  writeFileSync(path, text);
  return { containerId, driven, text, path };
};

const replay = async (path: string) => {
  const cli = startCli(['replay', path, '--port', '0', '--log-level', 'silent']);
  return { cli, url: (await cli.line(/^ready /)).replace('ready ', '') };
};

describe('a recording', () => {
  it('is the same in every run, and holds neither tokens nor keys', async () => {
    const [one, other] = [await record('a-secret-token'), await record('a-different-token')];
    expect(JSON.parse(one.text)).toEqual(JSON.parse(other.text));
    expect(one.text).not.toMatch(/a-secret-token|not-the-token|sample-secret/);
    expect(JSON.parse(one.text).data.exchanges[0]).toMatchObject({
      operation: 'claimInstance',
      request: { token: '<token-1>' },
      status: 200,
      response: { data: { instance_id: '<instance-1>', token: '<token-1>' } },
    });
  });

  it('answers the same program again, without any emulator', async () => {
    const { containerId, driven, path } = await record('a token');
    const { cli, url } = await replay(path);
    using _cli = cli;
    const again = await drive(callerAt(url, containerId), 'a token of this run');
    expect(again.statuses).toEqual(driven.statuses);
    expect(Object.keys(again.active.data as object)).toEqual([again.instanceId]);
    expect(again.wrong).toMatchObject({ code: driven.wrong.code });
    expect(again.wrong.detail).toContain(again.instanceId);
    cli.child.kill('SIGTERM');
    expect(await cli.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes no token of one claim for that of another', async () => {
    const { containerId, path } = await record('a token');
    const { cli, url } = await replay(path);
    using _cli = cli;
    const caller = callerAt(url, containerId);
    const instanceId = await caller.claimed('my token');
    await caller.spawn(instanceId, { NAME: 'Ada' }, 'my token');
    const unlike = { status: 503, detail: expect.stringContaining('/token is not what the recording') };
    expect(await caller.release(instanceId, 'my token')).toMatchObject(unlike);
    expect(await caller.release(instanceId, 'another token')).toMatchObject({ status: 403 });
    expect(await caller.release(instanceId, 'another token')).toMatchObject(unlike);
    expect(await caller.release(instanceId, 'my token')).toMatchObject({ status: 200 });
  });

  it('has an open health check, and says to all that it has no page, with a key and without one', async () => {
    const { path } = await record('a token');
    using cli = startCli(['replay', path, '--port', '0', '--log-level', 'silent', '--access-key', 'secret']);
    const url = (await cli.line(/^ready /)).replace('ready ', '');
    for (const name of ['live', 'ready']) {
      const answer = await fetch(`${url}/_emulator/health/${name}`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { data: { session: 'replay' } }]);
    }
    expect((await fetch(`${url}/_emulator/health/other`)).status).toBe(401);
    for (const path of ['', '/', '/app.js']) {
      const page = await fetch(`${url}/_emulator/ui${path}`);
      const error = { code: '404.uri', detail: expect.stringContaining('has no control API and no page') };
      expect([page.status, await page.json()]).toMatchObject([404, { error }]);
    }
    cli.child.kill('SIGTERM');
    expect((await cli.ended).code).toBe(0);
  });

  it('says to commands that it is none of an emulator, and which of them it serves', async () => {
    const { path } = await record('a token');
    const { cli, url } = await replay(path);
    using _cli = cli;
    const run = (...args: readonly string[]) => startCli(args, { CYCLE_SCHEDULER_URL: url, CYCLE_ACCESS_KEY: 'key' });
    const reason =
      'a recording is replayed there. Of the commands only `cycle-scheduler status` works with a replay; a signal ends it. Give the URL of an emulator with --url.\n';
    for (const [args, attempt] of [
      [['ps'], "read the emulator's state"],
      [['faults', 'remove', 'x'], 'remove fault "x"'],
      [['stop'], 'stop the emulator'],
    ] as const) {
      const stderr = `cycle-scheduler: Failed to ${attempt}: ${reason}`;
      expect(await run(...args).ended).toEqual({ code: 1, stdout: '', stderr });
    }
    expect((await run('status').ended).code).toBe(0);
    expect(await (await fetch(`${url}/_emulator/state`)).json()).toMatchObject({
      error: { code: '404.uri', detail: expect.stringContaining('replays a recording, and has no control API') },
    });
  });

  it('lists requests that it does not have, and ends with 1', async () => {
    const { containerId, path } = await record('a token');
    const { cli, url } = await replay(path);
    using _cli = cli;
    const caller = callerAt(url, containerId);
    const instanceId = await caller.claimed('my token');
    expect(await caller.spawn(instanceId, { NAME: 'Bob' }, 'my token')).toMatchObject({
      status: 503,
      code: '503.not-enabled',
      detail: expect.stringContaining('/runtime_variables/environment_variables/NAME is not what'),
    });
    expect(await caller.claim('again')).toMatchObject({ status: 503, detail: expect.stringContaining('no further') });
    expect((await fetch(`${url}/v2/other`)).status).toBe(404);
    cli.child.kill('SIGTERM');
    const { code, stdout, stderr } = await cli.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('stopped: 3 unexpected requests, 4 recorded ones never came');
    expect(stderr.match(/Unexpected request:/g)).toHaveLength(3);
  });

  it('in an unknown format is refused in one line', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'cycle-recording-')), 'recording.json');
    writeFileSync(path, '{"version":2}');
    using cli = startCli(['replay', path, '--port', '0']);
    const { code, stderr } = await cli.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cycle-scheduler: Failed to read the recording .*: it is not a recording of version 1\./);
  });

  it('says that it answers no requests to functions over HTTP, where the recording has some', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'cycle-recording-')), 'recording.json');
    writeFileSync(path, '{"version":1,"exchanges":[],"linked":[{},{}]}');
    using cli = startCli(['replay', path, '--port', '0']);
    expect(await cli.line(/over HTTP/, 'stderr')).toBe(
      'cycle-scheduler: The recording has 2 requests to functions over HTTP. A replay runs no function, and answers none of them.',
    );
    writeFileSync(path, '{"version":1,"exchanges":[],"linked":{}}');
    const { code, stderr } = await startCli(['replay', path, '--port', '0']).ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/linked is no list of requests to functions over HTTP\.\n$/),
    ]);
  });

  it.each(['0.0.0.0', '::', ''])('is not served on "%s" to callers without a key', async (host) => {
    const path = join(mkdtempSync(join(tmpdir(), 'cycle-recording-')), 'recording.json');
    writeFileSync(path, '{"version":1,"exchanges":[]}');
    using cli = startCli(['replay', path, '--port', '0', '--host', host, '--access-key', '']);
    const { code, stdout, stderr } = await cli.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^cycle-scheduler: Failed to listen on .*: .* no access key.* --access-key, or listen on 127\.0\.0\.1\.$/m,
    );
  });
});

describe('an exchange of a recording', () => {
  const sound = {
    operation: 'claimInstance',
    container_id: '65a000000000000000000101',
    request: {},
    status: 200,
    response: { data: {} },
  };
  const refused = { error: { code: '503.not-ready', title: 'Not ready' } };
  const read = (exchange: object) => parseRecording(JSON.stringify({ version: 1, exchanges: [exchange] }), 'a file');

  it.each([{}, { status: 503, response: refused }, { status: 429, response: refused }])('may have %j', (parts) => {
    expect(read({ ...sound, ...parts }).exchanges).toHaveLength(1);
  });

  it.each([
    { status: 0 },
    { status: 99 },
    { status: 101, response: refused },
    { status: 204 },
    { status: 399, response: refused },
    { status: 600, response: refused },
    { status: 1e9, response: refused },
    { status: 503.5, response: refused },
    { status: '200' },
    { status: 200, response: refused },
    { status: 503 },
    { status: 503, response: { error: null } },
    { status: 503, response: { error: { code: 503, title: 'x' } } },
    { operation: 'reclaimInstance' },
    { operation: 'constructor' },
    { container_id: null },
  ])('may not have %j', (parts) => {
    expect(() => read({ ...sound, ...parts })).toThrow(/^Failed to read the recording a file: exchanges\[0\] .+\.$/);
  });
});
