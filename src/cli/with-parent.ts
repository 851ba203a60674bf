import { fstatSync } from 'node:fs';

/** How soon the end of a parent is noticed at the latest; no call waits for it. */
const lookEveryMs = 250;

/**
 * Sends this process SIGTERM once its parent has ended, however that came about; with `stdin` also at the end of a pipe
 * that is its stdin, which lasts as long as the process that holds the other end, however many stand between the two.
 */
export const stopWithParent = ({ stdin }: { readonly stdin: boolean }): void => {
  const parent = process.ppid;
  const look = setInterval(() => process.ppid !== parent && end(), lookEveryMs).unref();
  const end = (): void => {
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  };
  const kind = fstatSync(process.stdin.fd);
  if (!stdin || !(kind.isFIFO() || kind.isSocket())) return;
  process.stdin.once('end', end).once('error', end).resume();
  process.stdin.unref();
};
