import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../src/shared/package.ts';

/** `npm start` in a process group of its own, as a shell has it; resolves when it is ready. */
const npmStart = async () => {
  const args = ['start', '--', '--runtime', 'simulated', '--port', '0', '--log-level', 'silent'];
  const npm = spawn('npm', args, { cwd: packageRoot, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const group = -(npm.pid ?? 0);
  onTestFinished(() => {
    try {
      process.kill(group, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  });
  // Both end when the last process has that writes to them.
  const stderr = text(npm.stderr);
  let stdout = '';
  npm.stdout.setEncoding('utf8');
  for await (const chunk of npm.stdout.iterator({ destroyOnReturn: false })) {
    stdout += chunk;
    if (stdout.includes('\nready ')) break;
  }
  const rest = text(npm.stdout);
  return { pid: npm.pid ?? 0, group, ended: Promise.all([rest, stderr, once(npm, 'exit')]) };
};

test('a SIGTERM to npm start alone ends its emulator, too', async () => {
  const { pid, ended } = await npmStart();
  process.kill(pid, 'SIGTERM');
  const [stdout, stderr] = await ended;
  expect(stdout).toMatch(/^stopped$/m);
  expect(stderr).not.toContain('second signal');
});

test('a Ctrl-C, which reaches the emulator by itself and by npm start, is one request to stop', async () => {
  const { group, ended } = await npmStart();
  process.kill(group, 'SIGINT');
  const [stdout, stderr] = await ended;
  expect(stdout).toMatch(/^stopped$/m);
  expect(stderr).not.toContain('second signal');
});
