import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { createShortener } from './detach.ts';

const run = async (...args: readonly string[]) => {
  using cli = startCli(args, { CYCLE_ACCESS_KEY: 'local-secret' });
  return await cli.ended;
};

const detach = ['start', '--detach', '--runtime', 'simulated'] as const;

test('a detached start answers once it is ready, and stays there until it is stopped', async () => {
  const started = await run(...detach, '--port', '0', '--json');
  const { url, session, log } = JSON.parse(started.stdout);
  onTestFinished(() => rmSync(dirname(log), { recursive: true }));
  try {
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const again = await run(...detach, '--port', new URL(url).port);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(new RegExp(`^cycle-scheduler: .*an emulator has the port .*session ${session}`));
    expect(JSON.parse((await run('status', '--json', '--url', url)).stdout)).toMatchObject({
      session,
      ready: true,
      log,
    });
    appendFileSync(log, 'x\n'.repeat(9 * 2 ** 20));
    // The log is empty for a moment before it has its newer half again.
    const begins = () => readFileSync(log, 'utf8').slice(0, 100);
    await expect.poll(begins).toMatch(/^\{"event":"log-dropped","droppedBytes":\d+\}\nx\n/);
    expect(statSync(log).size).toBeLessThan(9 * 2 ** 20);
  } finally {
    await run('stop', '--url', url);
  }
  // `stop` waits for the end of its server, and the process writes its last line after that.
  await expect.poll(() => readFileSync(log, 'utf8').slice(-100)).toMatch(/\n\{"event":"stopped"\}\n$/);
});

test('a detached start prints where its log, its gateway and its page are, and how it is stopped', async () => {
  const started = await run('start', '--detach', 'fixtures/http.yaml', '--port', '0', '--gateway-port', '0');
  const url = /^ready (.*)$/m.exec(started.stdout)?.[1] ?? '';
  await run('stop', '--url', url);
  const [, log = ''] = /^Log +(.*)$/m.exec(started.stdout) ?? [];
  onTestFinished(() => rmSync(dirname(log), { recursive: true }));
  expect(started.stdout).toMatch(
    /^Stack +\S+http\.yaml\nLog .*\nGateway +http:\S+\nPage .*\nStop +cycle-scheduler stop --url \S+\nready \S+\n$/,
  );
});

test('a detached start that is killed before it is ready leaves no process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-detach-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [stack, pipe] = [join(folder, 'stack.yaml'), join(folder, 'variables')];
  writeFileSync(stack, '{}');
  execFileSync('mkfifo', [pipe]);
  using cli = startCli([...detach, stack, '--port', '0', '--var-file', pipe]);
  // Opens once the process has opened the other end, and breaks when that has gone.
  await using written = await open(pipe, 'w');
  cli.child.kill('SIGKILL');
  const write = () =>
    written.write(' ').then(
      () => 'is read',
      ({ code }: NodeJS.ErrnoException) => code,
    );
  await expect.poll(write).toBe('EPIPE');
});

test('a detached start that cannot be begun says so, and leaves no folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-detach-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const withoutNode = "--import=data:text/javascript,process.execPath='/no/such/node'";
  using cli = startCli(detach, { TMPDIR: folder, NODE_OPTIONS: withoutNode, NODE_DISABLE_COMPILE_CACHE: '1' });
  const { code, stderr } = await cli.ended;
  expect([code, stderr]).toEqual([
    1,
    'cycle-scheduler: Failed to start a process that goes on alone: spawn /no/such/node ENOENT. Start without --detach.\n',
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [false, 'cycle-scheduler: the log was too long: 42 bytes before this line are dropped\n'],
  [true, '{"event":"log-dropped","droppedBytes":42}\n'],
])('the log of a detached start keeps its newer lines, and says what it has dropped (JSON: %s)', (json, first) => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-detach-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'start.log');
  const log = openSync(path, 'a');
  onTestFinished(() => closeSync(log));
  const shorten = createShortener(json, 70);
  for (let line = 0; line < 10; line += 1) writeSync(log, `line ${line}\n`);
  shorten(path);
  expect(readFileSync(path, 'utf8')).toHaveLength(70);
  writeSync(log, 'x\n');
  shorten(path);
  expect(readFileSync(path, 'utf8')).toBe(`${first}line 6\nline 7\nline 8\nline 9\nx\n`);
});
