// Durations and times as texts. No DOM here.

const two = (value: number): string => String(value).padStart(2, '0');

/** As it is, to the millisecond: 700 ms, 1.5 s, 3:07, 2:03:07. */
export const durationText = (ms: number): string => {
  const whole = Math.round(Math.max(0, ms));
  if (whole > 0 && whole < 1_000) return `${whole} ms`;
  if (whole < 60_000) return `${whole / 1_000} s`;
  const [minutes, fraction] = [Math.floor(whole / 60_000) % 60, whole % 1_000];
  const seconds = two(Math.floor(whole / 1_000) % 60) + (fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`);
  return whole < 3_600_000 ? `${minutes}:${seconds}` : `${Math.floor(whole / 3_600_000)}:${two(minutes)}:${seconds}`;
};

/** Whole seconds, for what changes all the time. */
export const secondsText = (ms: number): string => durationText(Math.ceil(ms / 1_000) * 1_000);

/** The time of day in UTC as the emulator's logs have it, with milliseconds where asked for. */
export const timeText = (at: string | number, withMs = false): string =>
  new Date(at).toISOString().slice(11, withMs ? 23 : 19);
