import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { labels } from '../../src/runtime/docker/engine/labels.ts';
import { livenessOf } from '../../src/runtime/docker/session/owner.ts';
import { docker } from './docker-cli.ts';

const labelled = ['--filter', `label=${labels.pid}`];
const owner = [labels.pid, labels.started, labels.boot, labels.host].map((label) => `\t{{.Label "${label}"}}`).join('');
const format = (name: string): readonly string[] => ['--format', `{{${name}}}${owner}`];

const listOf = async (pids: readonly number[]) => {
  const lists = await Promise.all([
    docker('ps', '-a', ...labelled, ...format('.Names')),
    docker('network', 'ls', ...labelled, ...format('.Name')),
    docker('volume', 'ls', ...labelled, ...format('.Name')),
  ]);
  return lists
    .flatMap((list) => list.split('\n').map((line) => line.split('\t')))
    .map(([name = '', pid, started = '', boot = '', host = '']) => ({ name, pid: Number(pid), started, boot, host }))
    .filter(({ name, pid }) => name !== '' && pids.includes(pid));
};

/** Names of all that emulators of these processes have in the engine, stopped containers, networks and volumes included. */
export const leftInEngine = async (...pids: readonly number[]): Promise<readonly string[]> =>
  (await listOf(pids)).map(({ name }) => name);

/** The same of processes that have ended. A process that lives has got the number of one since, and is another test's. */
export const leftByEnded = async (...pids: readonly number[]): Promise<readonly string[]> =>
  (await listOf(pids)).filter((found) => livenessOf(found) !== 'alive').map(({ name }) => name);

/**
 * Whether Docker will not remove the network before a restart, as 20.10 does now and then where containers start and
 * end at the same time. Removes the network where Docker does remove it.
 */
export const isStuckNetwork = async (name: string): Promise<boolean> => {
  const uses = await docker('network', 'inspect', '--format', '{{len .Containers}}', name).catch(() => null);
  if (uses === null || Number(uses) > 0) return false;
  const refusal = await docker('network', 'rm', name).catch((error: unknown) => String(error));
  return /has active endpoints/.test(refusal);
};

/** What Docker 20.10 does not remove before a restart, other tests may have left. */
export const withoutStuckNetworks = (stderr: string): string =>
  stderr.replaceAll(/^.*Failed to remove network .* no container uses it\..*\n/gm, '');

/**
 * Resolves once nothing is left, by the engine's word and not by asking again and again; to the milliseconds that took.
 * Rejects when the signal aborts before.
 */
export const nothingLeft = async (pids: readonly number[], signal?: AbortSignal): Promise<number> => {
  const startedAt = performance.now();
  const since = String(Math.floor(Date.now() / 1_000) - 1);
  // Docker calls the removal of a container `destroy`, Podman `remove`.
  const removals = ['destroy', 'remove'].flatMap((event) => ['--filter', `event=${event}`]);
  const events = spawn('docker', ['events', '--since', since, ...removals, '--format', '{{.Action}}']);
  const stop = (): void => void events.kill();
  signal?.addEventListener('abort', stop);
  try {
    if ((await leftInEngine(...pids)).length === 0) return performance.now() - startedAt;
    for await (const _destroyed of createInterface(events.stdout)) {
      if ((await leftInEngine(...pids)).length === 0) return performance.now() - startedAt;
    }
    throw new Error('the engine sends no more events');
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
};
