import { onTestFinished } from 'vitest';

/**
 * Does it once: when it is called, as a disposal, or else when the test is over. A test that has timed out stands still
 * where it waits, and never comes to the end of its `await using`.
 */
export const endWithTest = (end: () => Promise<void>): (() => Promise<void>) => {
  let ended: Promise<void> | null = null;
  const endOnce = (): Promise<void> => {
    ended ??= end();
    return ended;
  };
  onTestFinished(endOnce);
  return endOnce;
};
