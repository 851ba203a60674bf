import { fstatSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a shell reports for a process that SIGINT has ended. */
export const interrupted = 130;

/** What a shell reports for a process that this signal has ended. */
export const codeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** A signal that comes again within this time is the same one: `npm start` passes on what a terminal has sent to both. */
const sameSignalMs = 1_000;

/**
 * Aborts on the first signal that asks to stop, or with an uncaught error, so that all is taken down in order. A second
 * one and each after it is the caller's; a command that ends the process at once leaves the rest to the watchdog, else to
 * the next start or `prune`.
 *
 * @param source where signals come from, and `now` when, in milliseconds
 */
export const listenForStopSignal = (
  onSecond: (signal: NodeJS.Signals) => void,
  source: Pick<NodeJS.EventEmitter, 'on'> = process,
  now: () => number = () => performance.now(),
): AbortSignal => {
  const aborter = new AbortController();
  let last: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  const receive = (signal: NodeJS.Signals): void => {
    if (last?.signal === signal && now() - last.at < sameSignalMs) return;
    last = { signal, at: now() };
    if (aborter.signal.aborted) return onSecond(signal);
    aborter.abort(new StopRequested(signal));
  };
  for (const signal of signals) source.on(signal, receive);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    source.on(event, (error: unknown) => aborter.abort(error));
  }
  return aborter.signal;
};

/** Not a failure: a signal asked the emulator to stop. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';

  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

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
