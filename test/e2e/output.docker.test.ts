import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import type { EmulatorOptions } from '../../src/emulator/public-types.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { packageRoot } from '../../src/shared/package.ts';
import { accessKey, type SampleFunction, sampleStack } from '../support/sample-stack.ts';

/** How often each loop goes round; by hand it may be 200. */
const rounds = Number(process.env['CYCLE_OUTPUT_ROUNDS'] ?? 20);
const atATime = 4;

const mebibyte = 2 ** 20;

const start = (sample: SampleFunction, options: Partial<EmulatorOptions> = {}): Promise<Emulator> =>
  startEmulator({ stack: sampleStack({ sample: { ...sample, limits: { max_queue_time: '5m' } } }), ...options });

/** Runs the command line as a user does, and answers bytes. */
const runCli = async (emulator: Emulator, ...args: readonly string[]) => {
  const env = { ...process.env, CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey };
  // The first request of all takes longer than others, and the command line waits for none long.
  await (await fetch(`${emulator.url}/_emulator/state`, { headers: { 'X-CYCLE-ACCESS-KEY': accessKey } })).text();
  const command = [`${packageRoot}/src/cli/main.ts`, ...args];
  return await promisify(execFile)(process.execPath, command, { env, encoding: 'buffer', maxBuffer: 512 * mebibyte });
};

const toLines = (count: number): string => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.each([
  ['cold', 0],
  ['hot', atATime],
])('what a %s function prints is whole', (_mode, hot) => {
  it.each([
    [
      'ends without a newline',
      'seq 1 3; printf TOTAL=6; printf fatal: >&2; printf no-database >&2; exit 1',
      { stdout: '1\n2\n3\nTOTAL=6', stderr: 'fatal:no-database' },
    ],
    [
      'comes in a burst',
      'seq 1 40000; printf LAST; seq 1 9 >&2',
      { stdout: `${toLines(40_000)}LAST`, stderr: toLines(9) },
    ],
  ])(`in each of ${rounds} runs that %s`, async (_, script, expected) => {
    await using emulator = await start({ script, instances: atATime, hot });
    const limit = pLimit(atATime);
    const runs = await limit.map(Array(rounds).fill('sample'), (name: string) => emulator.invoke(name));
    const lost = runs.filter(({ logs }) => logs.stdout !== expected.stdout || logs.stderr !== expected.stderr);
    expect(lost.map(({ logs }) => `${logs.text.length}: …${logs.text.slice(-60)}`)).toEqual([]);
  });

  it('byte for byte: every byte, a byte order mark, half a character, a line of more than 16 KiB', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const line = Buffer.from(`a${'é'.repeat(20_000)}\n`);
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), line, all, Buffer.from('🐎').subarray(0, 3)]);
    const script = 'echo $P1$P2 | base64 -d';
    await using emulator = await start({ script, instances: atATime, hot });
    const ended: string[] = [];
    emulator.events.subscribe((event) => {
      if (event.name === 'instance.ended') ended.push(event.instanceId);
    });
    const base64 = bytes.toString('base64');
    const env = { P1: base64.slice(0, 40_000), P2: base64.slice(40_000) };
    const invoked = await runCli(emulator, 'invoke', 'sample', '--env', `P1=${env.P1}`, '--env', `P2=${env.P2}`);
    expect([invoked.stdout.length, digestOf(invoked.stdout)]).toEqual([bytes.length, digestOf(bytes)]);
    const id = ended[0] ?? '';
    const raw = await runCli(emulator, 'logs', id, '--raw');
    expect([raw.stdout.length, digestOf(raw.stdout)]).toEqual([bytes.length, digestOf(bytes)]);
    expect(bytes.equals(emulator.logs(id).bytes('stdout'))).toBe(true);
    expect(emulator.logs(id).text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  });

  it('100 MB at once, to a reader that follows; the log keeps the end and says how much is missing', async () => {
    const size = 100_000_000;
    await using emulator = await start({
      script: `head -c ${size} /dev/zero; printf LAST >&2`,
      instances: atATime,
      hot,
    });
    let followed = 0;
    const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
    const { logs } = await emulator.invoke('sample', {
      onOutput: ({ data }) => {
        followed += data.length;
      },
    });
    expect(followed).toBe(size + 4);
    const missingBytes = size + 4 - 16 * mebibyte;
    expect(logs.missingBytes).toBe(missingBytes);
    expect(logs.stdout.slice(0, 80)).toMatch(
      new RegExp(`^\\[cycle-scheduler: ${missingBytes} bytes of stdout are missing here\\]\n\0+$`),
    );
    expect(logs.stderr).toBe('LAST');
    expect(await ended).toMatchObject({ exit: { code: 0, missingBytes } });
  });
});

describe('a function whose output is followed', () => {
  it('waits for a slow reader as for a pipe, and loses nothing where it ends meanwhile', async () => {
    const size = 8 * mebibyte;
    await using emulator = await start({ script: `head -c ${size} /dev/zero; echo done` }, { logBytes: 65_536 });
    const claim = await emulator.claim('sample');
    const reader = emulator.logs(claim.instanceId).follow();
    let hasEnded = false;
    const ended = emulator.events
      .waitFor(({ name }) => name === 'instance.ended')
      .then(() => {
        hasEnded = true;
      });
    await claim.spawn();
    let read = (await reader.next()).value?.data.length ?? 0;
    // More than the two seconds for which an engine keeps what was left unread.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(hasEnded).toBe(false);
    for await (const { data } of reader) read += data.length;
    await ended;
    expect(read).toBe(size + 5);
  });

  it('loses nothing where its reader is slow just as it ends', async () => {
    const size = 1_500_000;
    await using emulator = await start({ script: `head -c ${size} /dev/zero` }, { logBytes: 65_536 });
    const claim = await emulator.claim('sample');
    const reader = emulator.logs(claim.instanceId).follow();
    await claim.spawn();
    let read = (await reader.next()).value?.data.length ?? 0;
    await emulator.events.waitFor(({ name }) => name === 'instance.ended');
    for await (const { data } of reader) read += data.length;
    expect(read).toBe(size);
  });

  it('goes on without a reader', async () => {
    await using emulator = await start({ script: `head -c ${8 * mebibyte} /dev/zero` }, { logBytes: 65_536 });
    const { exitCode, logs } = await emulator.invoke('sample');
    expect({ exitCode, missingBytes: logs.missingBytes }).toEqual({
      exitCode: 0,
      missingBytes: 8 * mebibyte - 65_536,
    });
  });
});
