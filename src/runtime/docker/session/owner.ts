import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { DockerConnection } from '../engine/connection.ts';
import { inspectContainer } from '../engine/container-api.ts';
import type { ProcessIdentity } from '../engine/labels.ts';
import { hasProcess } from '../engine/quirks.ts';

export const identifyThisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  started: startOf(process.pid) ?? '',
  boot: readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  host: `${hostname()} ${readOr('-', () => readlinkSync('/proc/self/ns/pid'))}`,
});

/**
 * Whether a process runs, as seen by `observer`. `unknown` where it belongs to another host, or to another container,
 * of which nothing can be said from here.
 */
export const livenessOf = (
  process: ProcessIdentity,
  observer: ProcessIdentity = identifyThisProcess(),
): 'alive' | 'dead' | 'unknown' => {
  if (process.host !== observer.host) return 'unknown';
  if (process.boot !== observer.boot) return 'dead';
  const started = startOf(process.pid);
  return started !== null && (process.started === '' || process.started === started) ? 'alive' : 'dead';
};

/** When the process started; empty where the system does not say, null where no such process runs. */
const startOf = (pid: number): string | null => {
  if (!existsProcess(pid)) return null;
  if (process.platform === 'linux') return readOr(null, () => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  if (process.platform === 'win32') return '';
  const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } } as const;
  return readOr('', () => execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim());
};

/** Field 22 of `/proc/<pid>/stat`; null for a zombie, which has ended and only waits for its parent. */
export const parseStat = (stat: string): string | null => {
  // The second field, the program's name, may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '');
};

const existsProcess = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user exists; it just may not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const readOr = <Value, Fallback>(fallback: Fallback, read: () => Value): Value | Fallback => {
  try {
    return read();
  } catch {
    return fallback;
  }
};

export type OwnContainer = {
  readonly dockerId: string;
  /** When it was started: the same container started again is another run. */
  readonly startedAt: string;
  /** False where it uses the network of the host or of another container: then it cannot be put on one more. */
  readonly canJoinNetworks: boolean;
};

/** Null where this process runs in no container, or in one of another engine. */
export const findOwnContainer = async (connection: DockerConnection): Promise<OwnContainer | null> => {
  const mounts = readOr('', () => readFileSync('/proc/self/mountinfo', 'utf8'));
  // The default name of a container is the beginning of its ID.
  const name = parseOwnId(mounts) ?? /^[0-9a-f]{12}$/.exec(hostname())?.[0] ?? null;
  return name === null ? null : await loadContainer(connection, name);
};

/** Whether the run of a container that `toLife` describes goes on. */
export const isAlive = async (connection: DockerConnection, life: string): Promise<boolean> => {
  const found = await loadContainer(connection, containerOf(life));
  return found !== null && toLife(found) === life;
};

/** One run of a container in one word for a label. */
export const toLife = ({ dockerId, startedAt }: OwnContainer): string => `${dockerId} ${startedAt}`;

/** The container whose run it is or was. */
export const containerOf = (life: string): string => life.split(' ')[0] ?? '';

const loadContainer = async (connection: DockerConnection, name: string): Promise<OwnContainer | null> => {
  const found = await inspectContainer(connection, name);
  if (found === null || !hasProcess(found.State.Status)) return null;
  const canJoinNetworks = !/^(?:host|none|container:.*)$/.test(found.HostConfig.NetworkMode ?? '');
  return { dockerId: found.Id, startedAt: found.State.StartedAt, canJoinNetworks };
};

/** Engines mount a file of the container's own folder as its /etc/hostname, also where cgroups show no IDs. */
export const parseOwnId = (mounts: string): string | null =>
  /\/([0-9a-f]{64})\/(?:userdata\/)?hostname \/etc\/hostname /.exec(mounts)?.[1] ?? null;
