const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts on the first signal that asks to stop, or with an error that nobody caught, so that all is taken down in order. A second one ends the process at
 * once; what is left then is removed by the watchdog, else by the next start or `prune`.
 */
export const listenForStopSignal = (onSecond: () => void): AbortSignal => {
  const aborter = new AbortController();
  const receive = (signal: NodeJS.Signals): void => {
    if (aborter.signal.aborted) onSecond();
    else aborter.abort(new StopRequested(signal));
  };
  for (const signal of signals) process.on(signal, receive);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => aborter.abort(error));
  }
  return aborter.signal;
};

/** Not a failure: somebody asked the emulator to stop. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }
}
