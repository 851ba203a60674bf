import { fstatSync, readFileSync } from 'node:fs';

/** How soon the end of a parent is noticed at the latest; no call waits for it. */
const lookEveryMs = 250;

/** Numbers of those whose end counts: the parent, and npm or npx above the shell that it has put between and that outlives it. */
const readParents = (): string => {
  const parent = String(process.ppid);
  if (process.env['npm_command'] === undefined) return parent;
  try {
    const [, above = ''] = /^\d+ \(sh\) \S (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return `${parent} ${above}`;
  } catch {
    // Elsewhere than on Linux; on Linux the parent has ended meanwhile.
    return parent;
  }
};

/**
 * Sends this process SIGTERM once its parent has ended, however that came about; with `stdin` also at the end of a pipe
 * that is its stdin, which lasts as long as the process that holds the other end, however many stand between the two.
 */
export const stopWithParent = ({ stdin }: { readonly stdin: boolean }): void => {
  const parents = readParents();
  const look = setInterval(() => readParents() !== parents && end(), lookEveryMs).unref();
  const end = (): void => {
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  };
  const kind = fstatSync(process.stdin.fd);
  if (!stdin || !(kind.isFIFO() || kind.isSocket())) return;
  process.stdin.once('end', end).once('error', end).resume();
  process.stdin.unref();
};
