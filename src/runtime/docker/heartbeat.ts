import type { Alarm, Clock } from '../../shared/clock.ts';
import { type Engine, pingEngine } from './engine.ts';

/** Between two questions; each costs a local engine well under a millisecond. */
const everyMs = 2_000;

/**
 * Asks the engine again and again whether it answers, for not every absence breaks the connections there are: a socket's
 * file can be gone, an engine can be stuck, a network can swallow everything.
 *
 * @param onSilence called once, with the error
 */
export const startHeartbeat = (engine: Engine, clock: Clock, onSilence: (error: unknown) => void): Disposable => {
  const stopped = new AbortController();
  let alarm: Alarm;
  const beat = async (): Promise<void> => {
    try {
      await pingEngine(engine, stopped.signal);
      if (!stopped.signal.aborted) askLater();
    } catch (error) {
      if (!stopped.signal.aborted) onSilence(error);
    }
  };
  const askLater = (): void => {
    alarm = clock.alarm(clock.now() + everyMs, () => void beat());
  };
  askLater();
  return {
    [Symbol.dispose]: () => {
      stopped.abort();
      alarm.cancel();
    },
  };
};
