import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export type PortHolder = { readonly pid: number; readonly command: string };

/** The state LISTEN in /proc/net/tcp. */
const listening = '0A';

/** The kernel's numbers for the sockets that listen on the port, IPv4 and IPv6. Empty where there is no /proc. */
const findListeningSockets = async (port: number): Promise<readonly string[]> => {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFile(table, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === listening && local?.endsWith(`:${hexPort}`))
    .map((fields) => `socket:[${fields[9]}]`);
};

const holdsAny = async (pid: string, sockets: readonly string[]): Promise<boolean> => {
  const folder = `/proc/${pid}/fd`;
  // Another user's process shows nothing, and one that has just ended is gone.
  const links = await readdir(folder).catch(() => []);
  const targets = await Promise.all(links.map((link) => readlink(`${folder}/${link}`).catch(() => '')));
  return targets.some((target) => sockets.includes(target));
};

/** The program and, where it is an interpreter's script, that; flags stay out because they may hold secrets. */
const describeCommand = async (pid: string): Promise<string> => {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const [program = '', script = ''] = words;
  if (program === '') return 'unknown command';
  return script === '' || script.startsWith('-') ? basename(program) : `${basename(program)} ${script}`;
};

/** The process that listens on a TCP port, as far as Linux's /proc tells this user; null otherwise. */
export const findPortHolder = async (port: number): Promise<PortHolder | null> => {
  const sockets = await findListeningSockets(port);
  if (sockets.length === 0) return null;
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.filter((entry) => /^\d+$/.test(entry))) {
    if (await holdsAny(pid, sockets)) return { pid: Number(pid), command: await describeCommand(pid) };
  }
  return null;
};
