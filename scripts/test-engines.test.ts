import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('test-engines.ts', import.meta.url));

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-trial-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Processes whose command line has the text. */
const processesWith = (text: string): readonly string[] =>
  readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });

const engineFolders = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith('cycle-engine-'));

test('engines that are unavailable are skipped with the reason, and required ones are failures', async () => {
  const env = { ...process.env, CYCLE_ENGINES: '/dev/null/engines' };
  const run = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
    execFile(process.execPath, [script, 'docker-20', 'docker-28'], { env }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });
  const lines = run.stdout.trimEnd().split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^\| docker-20 \| unavailable/));
  expect(lines.at(-2)).toMatch(/^FAIL docker-20: .*bookworm: ENOTDIR/);
  expect(lines.at(-3)).toMatch(/^Not tried: docker-20 \(.*bookworm: ENOTDIR.*\); docker-28 \(.*sid: ENOTDIR.*\)\.$/);
  expect(lines.at(-1)).toBe('0 passed, 1 failed');
  expect(run.code).toBe(1);
});

test.each([
  ['SIGTERM', 143],
  ['SIGKILL', null],
] as const)(
  '%s in the middle of a suite stops the engine with all that runs in it, and removes its files',
  async (signal, code) => {
    const folder = makeFolder();
    // Nothing is laid over this machine's own engine, which runs in namespaces like any other.
    for (const part of ['usr', 'etc']) mkdirSync(join(folder, 'engines/bookworm', part), { recursive: true });
    // Vite's BASE_URL is no scheduler's.
    const env = { ...process.env, BASE_URL: '', CYCLE_ENGINES: join(folder, 'engines'), TMPDIR: folder };
    const runner = spawn(process.execPath, [script, 'docker-20:contract'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void runner.kill('SIGKILL'));
    const exited = once(runner, 'exit');
    let said = '';
    for (const output of [runner.stdout, runner.stderr]) output.on('data', (text) => (said += text));
    await expect.poll(() => said, { timeout: 150_000, interval: 100 }).toMatch(/probe-two:\w+: ready/);
    expect(engineFolders(folder)).toHaveLength(1);
    runner.kill(signal);
    expect((await exited)[0]).toBe(code);
    // The engine of a runner that was killed ends without it.
    await expect.poll(() => processesWith(folder), { timeout: 60_000, interval: 100 }).toEqual([]);
    expect(engineFolders(folder)).toEqual([]);
  },
  240_000,
);
