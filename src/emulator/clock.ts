import type { Work } from '../engine/work.ts';
import type { MovableClock } from '../shared/clock.ts';
import type { EmulatorClock } from './public-types.ts';

/**
 * The emulator's clock for its user: moving it waits for the work that falls due.
 *
 * @param onMoved gets the time whenever the clock has been made to show another than it would have by itself
 */
export const createEmulatorClock = (
  clock: MovableClock,
  work: Work,
  onMoved: (now: number) => void = () => {},
): EmulatorClock => {
  /** Moves follow one another: two at once would ring alarms out of their order. */
  let moves: Promise<void> = Promise.resolve();

  const move = async (ms: number): Promise<void> => {
    const mark = work.begun;
    await clock.advance(ms, () => work.doneSince(mark));
    onMoved(clock.now());
  };

  return {
    now: () => clock.now(),
    get frozen() {
      return clock.frozen;
    },
    freeze: () => clock.freeze(),
    resume: () => {
      clock.resume();
      onMoved(clock.now());
    },
    advance: async (ms) => {
      const moved = moves.then(() => move(ms));
      moves = moved.catch(() => {});
      await moved;
    },
  };
};
