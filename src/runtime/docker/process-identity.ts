import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identifies a process, also after another got its number. Empty where the system does not say. */
export type ProcessIdentity = {
  readonly pid: number;
  /** When it started, in the system's own notation. */
  readonly started: string;
  /** Which start of the machine it belongs to. */
  readonly boot: string;
  /** The machine, and which of its process number spaces: a container has its own. */
  readonly host: string;
};

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
