import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const run = (name: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [script(name), ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

const nowhere = { DOCKER_HOST: 'tcp://127.0.0.1:1' };

it('the set-up says nothing where an engine answers', async () => {
  expect(await run('bare-machine/ensure-docker.ts', [], {})).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('the set-up installs nothing for a chosen endpoint, and says in one line why', async () => {
  const { code, stdout, stderr } = await run('bare-machine/ensure-docker.ts', [], nowhere);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Failed to reach Docker at tcp:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*\n$/);
});

it('the set-up takes the endpoint of the arguments over that of the environment', async () => {
  const { code, stderr } = await run('start.ts', ['--docker', 'unix:///no/such.sock'], nowhere);
  expect(code).toBe(1);
  expect(stderr).toContain('/no/such.sock');
});

it('the set-up needs no engine for what runs no containers', async () => {
  const { code, stderr } = await run('start.ts', ['/no/such/stack.yaml', '--runtime', 'simulated'], nowhere);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cycle-scheduler: Failed to read the stack \/no\/such\/stack\.yaml/);
});

it('the set-up says nothing where a Chromium answers', async () => {
  expect(await run('bare-machine/ensure-chromium.ts', [], {})).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('the set-up names a chosen Chromium that does not answer, and says what to do', async () => {
  const { code, stdout, stderr } = await run('bare-machine/ensure-chromium.ts', [], { CYCLE_CHROMIUM: '/no/such' });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Failed to run "\/no\/such", which CYCLE_CHROMIUM names: .*ENOENT\. Name a Chromium.*\n$/);
});

/** A folder of programs, which are shell scripts, for the PATH. */
const programs = (scripts: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-set-up-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(scripts)) writeFileSync(join(folder, name), text, { mode: 0o755 });
  return folder;
};

/** Its second call, the installation, does what the test says. */
const aptGet = (installs: string): string => `#!/bin/sh\n[ "$1" = update ] && exit 0\n${installs}\n`;
const takesRoot = { code: 1, stdout: '', stderr: expect.stringContaining('installing it takes root') };
const isRoot = process.getuid?.() === 0;

it('the set-up installs the Chromium of Debian where none answers', async () => {
  const folder = programs({
    chromium: '#!/bin/sh\nexit 1\n',
    'apt-get': aptGet('[ "$*" = "install -y --no-install-recommends chromium" ] && echo > "$PATH/chromium"'),
  });
  const installed = { code: 0, stdout: 'Installing Chromium: apt-get install chromium\n', stderr: '' };
  const done = await run('bare-machine/ensure-chromium.ts', [], { PATH: folder, CYCLE_CHROMIUM: '' });
  expect(done).toEqual(isRoot ? installed : takesRoot);
});

it('the set-up says in one line why it could not install Chromium', async () => {
  const folder = programs({ 'apt-get': aptGet('echo "E: Unable to locate package chromium" >&2; exit 100') });
  const done = await run('bare-machine/ensure-chromium.ts', [], { PATH: folder, CYCLE_CHROMIUM: '' });
  const stderr = 'Failed to install Chromium: E: Unable to locate package chromium.\n';
  expect(done).toEqual(isRoot ? { ...done, code: 1, stderr } : takesRoot);
});

it('the set-up installs from Debian what examples in other languages need, and nothing that is there', async () => {
  const folder = programs({
    go: '#!/bin/sh\n',
    'apt-get': aptGet('[ "$*" = "install -y --no-install-recommends python3-pytest" ]'),
  });
  const installed = { code: 0, stdout: 'Installing pytest: apt-get install python3-pytest\n', stderr: '' };
  const done = await run('bare-machine/ensure-languages.ts', [], { PATH: folder });
  expect(done).toEqual(isRoot ? installed : takesRoot);
});
