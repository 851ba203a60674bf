import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../docker/engine/endpoint.ts';

/** The watchdog's order: whose belongings to remove, and where; or the process group to kill. */
export type WatchdogOrder = { readonly session: string; readonly endpoint: Endpoint } | { readonly group: number };

/** Ends with its process, or with this one. */
type Watchdog = AsyncDisposable & {
  readonly pid: number | undefined;
  /** Gives the order to one that was started without. */
  give(order: WatchdogOrder): void;
};

const ownPath = fileURLToPath(import.meta.url);
const program = join(dirname(ownPath), `main${extname(ownPath)}`);

/** What the connection to an engine may need; everything else of the environment is none of its business. */
const inherited = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'SystemRoot'];

/**
 * Starts a process that removes what the session has in the engine, or kills the group, when this process ends without
 * having disposed of it. Call it before anything is made. Disposing dismisses the watchdog, so do that when nothing is left to remove.
 *
 * @param order null where it is not known yet; until then there is nothing to do
 * @param onFailure gets the reason, where there is no watchdog (any more)
 */
export const startWatchdog = (order: WatchdogOrder | null, onFailure: (reason: string) => void): Watchdog => {
  const child = spawn(process.execPath, [program], {
    // In a process group and session of its own: what a terminal or a shell sends to this one's does not reach it.
    detached: true,
    // A folder that is there for as long as it waits, so that it holds none that may be unmounted.
    cwd: '/',
    env: Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  let isDismissed = false;
  child.once('error', ({ message }) => onFailure(message));
  child.once('exit', (code, signal) => {
    if (!isDismissed) onFailure(`its process ended with ${signal ?? `code ${code}`}`);
  });
  // Its end is reported by `exit`; a pipe that breaks with it needs no message of its own.
  child.stdin.on('error', () => {});
  const give = (given: WatchdogOrder): void => void child.stdin.write(JSON.stringify(given));
  if (order !== null) give(order);
  // This process may end whenever it likes: that is what the watchdog waits for.
  child.unref();
  // In Bun the pipe is no socket, and holds nothing.
  (child.stdin as Partial<Socket>).unref?.();

  const dismiss = async (): Promise<void> => {
    if (isDismissed) return;
    isDismissed = true;
    const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (!isRunning) return;
    child.ref();
    const ended = once(child, 'exit');
    // Nothing it holds needs tidying up, and the end of the pipe alone would set it to work.
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid, give, [Symbol.asyncDispose]: dismiss };
};
