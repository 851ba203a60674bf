import type { Alarm, Clock } from './clock.ts';

/** Keeps one alarm set for the earliest time asked for. One that rings too early is harmless: the next is set then. */
export class AlarmClock {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly alarm: Alarm } | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Ensures that the alarm rings at `at` or before; null asks for nothing. */
  setFor(at: number | null): void {
    // An earlier alarm stays: setting it again for every claim would cost more than one ring for nothing.
    if (at === null || (this.#set !== null && this.#set.at <= at)) return;
    this.cancel();
    const alarm = this.#clock.alarm(at, () => {
      this.#set = null;
      this.#ring();
    });
    this.#set = { at, alarm };
  }

  cancel(): void {
    this.#set?.alarm.cancel();
    this.#set = null;
  }
}
