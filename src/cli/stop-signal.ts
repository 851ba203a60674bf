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
