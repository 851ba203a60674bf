import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type DockerSession, startDockerSession } from '../../../../test/support/runtime/docker-session.ts';
import { errorCodes } from '../../../shared/errors.ts';
import { labels } from '../engine/labels.ts';
import { pruneLeftovers } from './leftovers.ts';
import { listResources, removeResources } from './session-resources.ts';

const startDoomed = async (): Promise<{ readonly child: ChildProcessWithoutNullStreams; readonly id: string }> => {
  const child = spawn(process.execPath, [
    new URL('../../../../test/support/runtime/doomed-session.ts', import.meta.url).pathname,
  ]);
  const said = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), once(child, 'exit')]);
  const id = String(said[0]).trim();
  if (!id.startsWith('test-')) throw new Error(`The child process failed: ${id}`);
  return { child, id };
};

const kill = async (child: ChildProcessWithoutNullStreams): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

const kindsOf = async (session: DockerSession, id: string) =>
  (await listResources(session.connection, id)).map(({ kind }) => kind);

test('the clean-up finds what a killed process left, in every state, and removes it', async () => {
  await using living = await startDockerSession();
  await living.runtime.prepare(living.spec());
  const { child, id } = await startDoomed();
  const ofDoomed = ({ session }: { readonly session: string }) => session === id;

  expect((await pruneLeftovers({ dryRun: true })).leftovers.filter(ofDoomed)).toEqual([]);
  await kill(child);
  const { leftovers: found } = await pruneLeftovers({ dryRun: true });
  expect(found.filter(ofDoomed).map(({ kind }) => kind)).toEqual([
    'container',
    'container',
    'container',
    'network',
    'volume',
  ]);
  expect(await kindsOf(living, id)).toHaveLength(5);

  expect((await pruneLeftovers()).leftovers.filter(ofDoomed)).toEqual(found.filter(ofDoomed));
  expect(await kindsOf(living, id)).toEqual([]);
  expect(await living.left()).toHaveLength(2);
});

test('the clean-up need not end a launcher that waits: it ends with the process', async () => {
  await using living = await startDockerSession();
  const { child, id } = await startDoomed();
  const { docker } = living.connection;
  const label = [`${labels.session}=${id}`, `${labels.instance}=${living.spec({ host: 3 }).instanceId}`];
  const [waiting] = await docker.listContainers({ filters: { label, status: ['running'] } });
  await kill(child);
  expect(await docker.getContainer(waiting?.Id ?? '').wait()).toMatchObject({ StatusCode: 0 });
  await removeResources(living.connection, await listResources(living.connection, id));
});

test('the clean-up takes a living session only when asked to take all', async () => {
  await using living = await startDockerSession();
  const isLiving = ({ session }: { readonly session: string }) => session === living.id;
  expect((await pruneLeftovers({ dryRun: true })).leftovers.some(isLiving)).toBe(false);
  expect((await pruneLeftovers({ dryRun: true, all: true })).leftovers.some(isLiving)).toBe(true);
});

test('the clean-up says where it asked when no engine answers', async () => {
  await expect(pruneLeftovers({ docker: 'tcp://127.0.0.1:1' })).rejects.toMatchObject({
    code: errorCodes.dockerUnreachable,
  });
});
