import { mkdtempDisposableSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { baseImage } from '../../scripts/bare-machine/base-image.ts';
import { startCli } from '../support/cli-process.ts';
import { docker } from '../support/docker-cli.ts';
import { accessKey } from '../support/sample-stack.ts';

const toStack = (instances: number): object => ({
  version: '1.0',
  containers: {
    watched: {
      name: 'Watched',
      image: { origin: { type: 'docker-file', details: { context_dir: '/' } } },
      config: {
        network: { public: 'disable', hostname: 'watched' },
        deploy: { instances, strategy: 'function', function: { max_queue_time: '30s' } },
      },
    },
  },
  services: { scheduler: { config: { access_keys: [{ name: 'sample', secret: accessKey, ips: [] }] } } },
});

/** A function whose image is built of a folder, and an emulator that watches it. */
const startWatched = async () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-watched-'));
  /** As editors save. */
  const save = (name: string, content: string): void => {
    writeFileSync(join(folder.path, `.${name}.new`), content);
    renameSync(join(folder.path, `.${name}.new`), join(folder.path, name));
  };
  const build = (more = '') => `FROM ${baseImage}\nCOPY run.sh /\n${more}CMD ["sh", "/run.sh"]\n`;
  save('.dockerignore', 'stack.json\n.*.new\n');
  save('run.sh', 'echo one');
  save('Dockerfile', build());
  save('stack.json', JSON.stringify(toStack(2)));
  const cli = startCli(['start', join(folder.path, 'stack.json'), '--watch', '--port', '0', '--no-gateway']);
  onTestFinished(async () => {
    cli.child.kill('SIGINT');
    await cli.ended;
    const tags = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
    const built = tags.filter((tag) => tag.startsWith('cycle-emulator/watched:'));
    if (built.length > 0) await docker('rmi', '--force', ...built);
    folder[Symbol.dispose]();
  });
  const url = (await cli.line(/^ready /)).slice('ready '.length);
  const text = async (path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      headers: { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return await response.text();
  };
  const call = async (path: string, body?: object) =>
    (JSON.parse(await text(path, body)) as { readonly data: unknown }).data;
  type State = { functions: { container_id: string; instances: { id: string }[] }[] };
  return {
    ...{ cli, save, build, call, text },
    run: async () => ((await call('/_emulator/functions/watched/invoke', {})) as { logs: { text: string } }).logs.text,
    ids: async () =>
      ((await call('/_emulator/state')) as State).functions.map(({ container_id, instances }) => [
        container_id,
        ...instances.map(({ id }) => id),
      ]),
  };
};

test('the next claim runs an edited script, and an image that cannot be built leaves the one before', {
  timeout: 120_000,
}, async () => {
  const { cli, save, build, call, text, run, ids } = await startWatched();
  expect(await run()).toBe('one\n');
  const before = await ids();
  const path = `/v1/functions/${before[0]?.[0]}`;
  // The lease waits for the builds, however busy the machine is.
  await call('/_emulator/clock/freeze', {});
  const { instance_id } = (await call(`${path}/claim`, { token: 'held before' })) as { instance_id: string };

  save('run.sh', 'echo two');
  expect(await cli.line(/^watched: /)).toMatch(
    /^watched: image rebuilt, 1 instance replaced, 1 instance in use as before until the end of the run in \d+\.\d s$/,
  );
  expect(await run()).toBe('two\n');
  // A claim keeps the container that it was granted.
  expect(await call(`${path}/spawn`, { token: 'held before', instance_id })).toMatchObject({ instance_id });
  expect(await text(`/_emulator/instances/${instance_id}/logs?follow=true`)).toBe('one\n');
  await call(`${path}/release`, { token: 'held before', instance_id });

  save('Dockerfile', build('RUN echo broken >&2; exit 3\n'));
  expect(await cli.line(/goes on with what it had/, 'stderr')).toMatch(
    /Failed to build image cycle-emulator\/watched:.*broken/,
  );
  expect(await run()).toBe('two\n');
  save('stack.json', '{"version": "1.0", ');
  expect(await cli.line(/Failed to read the stack/, 'stderr')).toContain('stack.json');
  expect(await run()).toBe('two\n');

  save('run.sh', 'echo three');
  save('Dockerfile', build());
  save('stack.json', JSON.stringify(toStack(3)));
  expect(await cli.line(/^watched: .*3 instances/)).toMatch(
    /^watched: image rebuilt, limits changed, 2 to 3 instances, 3 instances replaced in/,
  );
  expect(await run()).toBe('three\n');
  const [now = []] = await ids();
  expect(now.slice(0, 3)).toEqual(before[0]);
});
