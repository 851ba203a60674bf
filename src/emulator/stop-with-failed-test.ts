/** What node:test passes to a hook of the test it belongs to. */
type Context = { readonly error?: unknown };
type NodeTest = { after(hook: (context: Context) => Promise<void> | undefined): void };

/**
 * Under node:test, an emulator that a test has started is stopped when that test fails, and one that a file has started
 * outside of its tests when the file throws: `stop` is never called then, and node:test, unlike other
 * runners, waits for all that a file has left open, for ever. Elsewhere it is as it was: an emulator serves until it is
 * stopped.
 */
export const stopWithFailedTest = (stop: () => Promise<void>): (() => Promise<void>) => {
  if (!isNodeTestLoaded()) return stop;
  // The runner catches what tests throw; only the end of a file's own code comes here as an unhandled rejection.
  const onUncaught = (_error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void => {
    if (origin === 'unhandledRejection') void stop().catch(() => undefined);
  };
  process.on('uncaughtExceptionMonitor', onUncaught);
  // A suite has no error of its own, and often shares an emulator with the next.
  const { after } = process.getBuiltinModule('node:test') as unknown as NodeTest;
  after(({ error }) => (error ? stop() : undefined));
  return () => {
    process.off('uncaughtExceptionMonitor', onUncaught);
    return stop();
  };
};

/** To load it for the question would make a test file of every program. */
const isNodeTestLoaded = (): boolean => {
  const { moduleLoadList = [] } = process as { readonly moduleLoadList?: readonly string[] };
  return moduleLoadList.includes('NativeModule test');
};
