import type { Work } from '../engine/work.ts';
import type { MovableClock } from '../shared/clock.ts';
import type { EmulatorClock } from './public-types.ts';

type Parts = {
  readonly clock: MovableClock;
  readonly work: Work;
  nextDeadline(): number | null;
  /** Gets the time whenever the clock has been made to show another than it would have by itself. */
  onMoved(now: number): void;
};

/** The emulator's clock for its user: moving it waits for the work that falls due. */
export const createEmulatorClock = ({ clock, work, nextDeadline, onMoved }: Parts): EmulatorClock => {
  /** Moves follow one another: two at once would ring alarms out of their order. */
  let moves: Promise<void> = Promise.resolve();

  const move = async (ms: number): Promise<void> => {
    const mark = work.begun;
    await clock.advance(ms, () => work.doneSince(mark));
    onMoved(clock.now());
  };

  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const moved = moves.then(work);
    moves = moved.catch(() => {});
    await moved;
  };

  return {
    now: () => clock.now(),
    get frozen() {
      return clock.frozen;
    },
    get nextDeadline() {
      return nextDeadline();
    },
    freeze: () => clock.freeze(),
    resume: () => {
      clock.resume();
      onMoved(clock.now());
    },
    advance: (ms) => inTurn(() => move(ms)),
    advanceToNextDeadline: () =>
      inTurn(async () => {
        const at = nextDeadline();
        if (at !== null) await move(Math.max(0, at - clock.now()));
      }),
  };
};
