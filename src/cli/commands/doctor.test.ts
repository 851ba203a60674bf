import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';
import { leftInEngine } from '../../../test/support/left-in-engine.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { examine, type Finding, toUnreachableFinding } from './doctor.ts';

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  using cli = startCli(['doctor', ...args], env);
  return await cli.ended;
};

const listen = async (target: number | string): Promise<ReturnType<typeof createServer>> => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    if (typeof target === 'string') server.listen(target, resolve);
    else server.listen(target, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return server;
};

/** Root may open everything, so another user has to run the check. */
const asNobody = async <Result>(folder: string, look: () => Promise<Result>): Promise<Result> => {
  if (process.getuid?.() !== 0) return await look();
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  try {
    return await look();
  } finally {
    process.seteuid?.(0);
  }
};

test('doctor finds this machine in order, a line for each check, and leaves nothing in the engine', async () => {
  using cli = startCli(['doctor', '--port', '0']);
  const { code, stdout, stderr } = await cli.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^(ok {2}|warn) {2}\S/);
  for (const check of [
    'Node',
    'Port',
    '(Docker|Podman)',
    'Docker API',
    'Network',
    'IPv6',
    'Disk',
    'Image busybox:1.37',
    'Leftovers',
  ]) {
    expect(lines.filter((line) => new RegExp(`^.{6}${check} `).test(line)).length, check).toBeGreaterThan(0);
  }
  expect(await leftInEngine(cli.child.pid ?? 0)).toEqual([]);
});

test('doctor prints the same as JSON', async () => {
  const { code, stdout } = await run(['--port', '0', '--json']);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  const check = expect.stringMatching(/^(Docker|Podman)$/);
  expect(findings).toContainEqual(expect.objectContaining({ check, verdict: 'ok', remedy: null }));
});

test.each([
  [{ DOCKER_HOST: 'unix:///no/such.sock' }, 'unix:///no/such.sock', 'ENOENT', 'unset DOCKER_HOST'],
  [{ DOCKER_HOST: 'tcp://127.0.0.1:1' }, 'tcp://127.0.0.1:1', 'ECONNREFUSED', 'unset DOCKER_HOST'],
  [{ DOCKER_HOST: 'gopher://far' }, 'gopher://far', 'its form is unknown', 'unset DOCKER_HOST'],
  [{ DOCKER_CONTEXT: 'nowhere' }, 'nowhere', 'cannot be read', 'docker context use default'],
])(
  'doctor with %j says where it asked, what happened and the command that fixes it',
  async (env, where, what, command) => {
    const { code, stdout } = await run(['--port', '0'], { DOCKER_HOST: '', ...env });
    expect(code).toBe(1);
    const [line = ''] = stdout.split('\n').filter((text) => text.startsWith('fail'));
    expect(line).toContain(where);
    expect(line).toContain(what);
    expect(line).toContain(`Fix: ${command}`);
  },
);

test('doctor with a socket that this user may not open says which group opens it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'docker.sock');
  await listen(path);
  chmodSync(path, 0);
  const look = () => examine('/none', { docker: `unix://${path}`, host: '127.0.0.1', port: 0, json: true });
  const findings = await asNobody(folder, look);
  expect(findings).toContainEqual({
    check: 'Docker',
    verdict: 'fail',
    found: expect.stringMatching(/this user may not open the socket \(EACCES\)$/),
    // In a container it is another flag of that which opens it.
    remedy: expect.stringMatching(
      /^sudo usermod -aG docker \$USER && newgrp docker$|^Run this container with --group-add \d+,/,
    ),
  });
});

test('doctor on a machine without Docker says how to start it', () => {
  const cause = Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' });
  const error = new EmulatorError(
    errorCodes.dockerUnreachable,
    'Failed to reach Docker at unix:///var/run/docker.sock (chosen by default, none of the usual sockets exists): there is no socket (ENOENT). Start Docker.',
    { cause },
  );
  expect(toUnreachableFinding(error, 'linux', false).remedy).toBe('sudo systemctl start docker');
  expect(toUnreachableFinding(error, 'darwin', false).remedy).toBe('open -a Docker');
  expect(toUnreachableFinding(error, 'win32').remedy).toBe('Start Docker');
});

test('doctor with a port that is taken says which process has it', async () => {
  const { port } = (await listen(0)).address() as { port: number };
  const { code, stdout } = await run(['--port', String(port)]);
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`^fail  Port .*${port}.*Fix: cycle-scheduler start --port 0$`, 'm'));
});

test('doctor with a file that is no stack makes all other checks', async () => {
  const { code, stdout } = await run(['/no/such/stack.yaml', '--port', '0']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}Stack .*\/no\/such\/stack\.yaml/m);
  expect(stdout).toMatch(/^ok {4}Disk /m);
});

test('doctor shows no part of a password in DOCKER_HOST, and gives one line for an ssh address', async () => {
  const wrong = await run(['--port', '0', '--json'], { DOCKER_HOST: 'tcp://u:p@ss:w/rd@127.0.0.1:2375' });
  expect(wrong).toMatchObject({ code: 1, stderr: '' });
  expect(wrong.stdout).toContain('tcp://u@127.0.0.1:2375');
  expect(wrong.stdout).not.toMatch(/p@ss|ss:w|w\/rd/);
  const { code, stderr } = await run(['--port', '0'], { DOCKER_HOST: 'ssh://me@127.0.0.1:1' });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
});
