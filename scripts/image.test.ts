import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pruneLeftovers } from '../src/runtime/docker/session/leftovers.ts';
import { packageRoot } from '../src/shared/package.ts';
import { docker } from '../test/support/docker-cli.ts';
import { driveScript } from '../test/support/drive-script.ts';
import { ensureCompose } from '../test/support/package/compose.ts';
import { madeBy, startContainedEmulator } from '../test/support/package/contained-emulator.ts';
import { dockerLine, untilHealthy } from '../test/support/package/docker-lines.ts';
import { buildTrialEmulator, socketGroup } from '../test/support/package/emulator-image.ts';
import { cleanEnv, openProject } from '../test/support/package/packed-package.ts';
import { runGuide } from '../test/support/package/run-guide.ts';
import { baseImage } from './bare-machine/base-image.ts';

const secret = 'local-secret';
const calledId = '65a0000000000000000000d1';
const callerId = '65a0000000000000000000d2';

/** Either ends at once when it is stopped. */
const obedient = (script: string): object => ({
  path: 'sh',
  args: `-c 'trap "exit 0" TERM; ${script}sleep 1000 & wait $!'`,
});

const toFunction = (command: object, environment = {}): object => ({
  image: { origin: { type: 'docker-hub', details: { target: baseImage } } },
  config: { deploy: { strategy: 'function', instances: 1 }, runtime: { command, environment_vars: environment } },
});

const driveEnv = (functionId: string) => ({ URL: 'http://env-scheduler', KEY: secret, FUNCTION: functionId });

/** One function to be called, and one that calls it. */
const stack = {
  version: '1.0',
  containers: {
    called: toFunction(obedient('')),
    caller: toFunction(obedient('eval "$SCRIPT"; '), { ...driveEnv(calledId), SCRIPT: driveScript }),
  },
  services: { scheduler: { config: { access_keys: [{ name: 'local', secret }] } } },
  emulator: { containers: { called: { id: calledId }, caller: { id: callerId } } },
};

/** Claims, spawns and releases from a container of this network; answers what it printed. */
const driveFrom = (network: string, functionId: string): Promise<string> =>
  docker(
    ...['run', '--rm', '--network', network],
    ...Object.entries(driveEnv(functionId)).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...[baseImage, 'sh', '-c', driveScript],
  );

const call = async (url: string, operation: string, body: object): Promise<{ readonly instance_id: string }> => {
  const response = await fetch(`${url}/v1/functions/${callerId}/${operation}`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': secret, 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'from-outside', ...body }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly data: { readonly instance_id: string } }).data;
};

let images: Awaited<ReturnType<typeof buildTrialEmulator>>;
beforeAll(async () => {
  images = await buildTrialEmulator();
}, 300_000);
afterAll(() => images[Symbol.dispose]());

test('the image serves containers beside it and functions at http://env-scheduler, as another user than root', async () => {
  await using emulator = await startContainedEmulator(images.emulator, stack);
  expect(await driveFrom(emulator.network, calledId)).toMatch(/^released [0-9a-f]{24}$/);
  expect(await docker('exec', emulator.container, 'id', '-u')).toBe('1000');

  expect((await fetch(`${emulator.url}/_emulator/ui/app.js`)).status).toBe(200);
  const { instance_id } = await call(emulator.url, 'claim', {});
  await call(emulator.url, 'spawn', { instance_id });
  const running = await docker('ps', '-q', '--filter', `label=io.cycle.emulator.instance=${instance_id}`);
  expect(await dockerLine(['logs', '--follow', running], /^released/)).toMatch(/^released [0-9a-f]{24}$/);
});

test('the image leaves nothing when it is stopped, and clears up after itself when it was killed', async () => {
  await using emulator = await startContainedEmulator(images.emulator, stack);
  const { container } = emulator;
  const made = await madeBy(container);
  expect(made).not.toBe('');
  await docker('kill', container);
  await docker('start', container);
  await dockerLine(['logs', '--follow', '--since', '0s', container], /^ready/);
  expect((await madeBy(container)).split('\n').filter((line) => made.includes(line))).toEqual([]);
  await docker('stop', container);
  expect(await docker('inspect', '-f', '{{.State.ExitCode}}', container)).toBe('0');
  expect(await madeBy(container)).toBe('');
});

test('the image starts again after it was killed and its leftovers were removed', async () => {
  await using emulator = await startContainedEmulator(images.emulator, stack);
  const { container } = emulator;
  await docker('kill', container);
  await pruneLeftovers({ kept: false });
  expect(await madeBy(container)).toBe('');
  await docker('start', container);
  await dockerLine(['logs', '--follow', '--since', '0s', container], /^ready/);
  await docker('stop', container);
});

test('the image says what it is, and is healthy only while an emulator in it serves', async () => {
  const inspect = (field: string) => docker('inspect', '--format', `{{json .Config.${field}}}`, images.emulator);
  expect(JSON.parse(await inspect('Labels'))).toMatchObject({
    'org.opencontainers.image.title': 'cycle-scheduler',
    'org.opencontainers.image.description': expect.stringContaining('emulator'),
    'org.opencontainers.image.licenses': 'Apache-2.0',
  });
  const [, program = '', ...args]: string[] = JSON.parse(await inspect('Healthcheck.Test'));
  await expect(docker('run', '--rm', '--entrypoint', program, images.emulator, ...args)).rejects.toMatchObject({
    code: 1,
  });
});

test('the image lets its user keep a state file in a named volume', async () => {
  const volume = `cycle-trial-${randomBytes(4).toString('hex')}`;
  const script = 'touch /state/claims.db && stat -c %u /state/claims.db';
  const mount = `${volume}:/state`;
  try {
    const run = ['run', '--rm', '--volume', mount, '--entrypoint', 'sh', images.emulator, '-c', script];
    expect(await docker(...run)).toBe('1000');
  } finally {
    await docker('volume', 'rm', volume);
  }
});

test('the image says what it lacks where it is not in the group of the socket', async () => {
  const socket = '/var/run/docker.sock:/var/run/docker.sock';
  const run = docker('run', '--rm', '--volume', socket, images.emulator);
  await expect(run).rejects.toThrow(
    /Failed to reach Docker at unix:.*EACCES\)\. Run this container with --group-add \d+,/,
  );
});

test('the image does what docs/guides/in-docker.md says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-guide-'));
  using project = openProject(folder, cleanEnv());
  const network = `cycle-trial-${randomBytes(4).toString('hex')}`;
  await runGuide('in-docker.md', project, { 'cycle-scheduler:local': images.emulator, 'my-environment': network });
});

test('the image comes up with Compose, beside whose other services it is', async () => {
  const compose = ensureCompose();
  const project = `cycle-trial-${randomBytes(4).toString('hex')}`;
  const of = ['--project-name', project, '--file', join(packageRoot, 'compose.yaml')];
  const env = { CYCLE_SCHEDULER_IMAGE: images.emulator, CYCLE_SCHEDULER_PORT: '0', DOCKER_GID: socketGroup() };
  try {
    compose([...of, 'up', '--detach', '--no-build'], env);
    const container = compose([...of, 'ps', '--quiet'], env).trim();
    await untilHealthy(container);
    expect(await driveFrom(`${project}_default`, '65a000000000000000000101')).toMatch(/^released [0-9a-f]{24}$/);
    compose([...of, 'stop'], env);
    expect(await madeBy(container)).toBe('');
  } finally {
    compose([...of, 'down'], env);
  }
});
