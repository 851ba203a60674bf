const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a shell reports for a process that SIGINT has ended. */
export const interrupted = 130;

/** A signal that comes again within this time is the same one: `npm start` passes on what a terminal has sent to both. */
const sameSignalMs = 1_000;

/**
 * Aborts on the first signal that asks to stop, or with an uncaught error, so that all is taken down in order. A second
 * one ends the process at once; what is left then is removed by the watchdog, else by the next start or `prune`.
 *
 * @param source where signals come from, and `now` when, in milliseconds
 */
export const listenForStopSignal = (
  onSecond: () => void,
  source: Pick<NodeJS.EventEmitter, 'on'> = process,
  now: () => number = () => performance.now(),
): AbortSignal => {
  const aborter = new AbortController();
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  const receive = (signal: NodeJS.Signals): void => {
    if (first?.signal === signal && now() - first.at < sameSignalMs) return;
    if (aborter.signal.aborted) return onSecond();
    first = { signal, at: now() };
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

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }
}
