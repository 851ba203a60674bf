import { timeText } from './components.ts';
import type { MarkKind } from './timeline-marks.ts';
import type { Lane, Phase, Timeline } from './timeline-model.ts';

export const laneHeight = 24;
export const axisHeight = 22;

export const markSigns: Readonly<Record<MarkKind, string>> = {
  ...{ fault: '▲', refusal: '✕', kill: '■', failure: '◆', check: '○', wait: '…', end: '•' },
};

const spans = { least: 1_000, most: 86_400_000 };

/** Which times are in sight, in milliseconds of the emulator's clock. */
export class TimeWindow {
  span = 60_000;
  /** Null follows the present. */
  #end: number | null = null;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isFollowing(): boolean {
    return this.#end === null;
  }

  /** The present stands a little before the end, so that what goes on is seen to. */
  get end(): number {
    return this.#end ?? this.#now() + this.span / 20;
  }

  get from(): number {
    return this.end - this.span;
  }

  follow(): void {
    this.#end = null;
  }

  /** Past the present there is nothing to see. */
  showUntil(end: number): void {
    this.#end = end >= this.#now() + this.span / 20 ? null : end;
  }

  /** @param at stays where it is; without it the middle does. While it follows, the present does. */
  zoom(factor: number, at: number = this.end - this.span / 2): void {
    const span = Math.min(spans.most, Math.max(spans.least, this.span * factor));
    const end = at + ((this.end - at) * span) / this.span;
    this.span = span;
    if (!this.isFollowing) this.showUntil(end);
  }

  pan(ms: number): void {
    this.showUntil(this.end + ms);
  }
}

/** Colours as the style sheet has them for light and dark, by the classes of the legend. */
export type Palette = (name: Phase | MarkKind | 'text' | 'line' | 'paper' | 'missing') => string;

type Painting = {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** How far the lanes are scrolled. */
  readonly top: number;
  /** What is in each row; undefined where it has nothing to paint. */
  readonly lanes: readonly (Lane | undefined)[];
  readonly timeline: Pick<Timeline, 'droppedUntil' | 'gaps'>;
  readonly window: Pick<TimeWindow, 'from' | 'end' | 'span'>;
  readonly now: number;
  readonly colour: Palette;
};

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const tickSteps = [
  ...[100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second],
  ...[minute, 2 * minute, 5 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour],
];
const tickWidth = 96;

export const paint = (painting: Painting): void => {
  const { context, width, height, top, lanes, now, colour } = painting;
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  paintMissing(painting);
  const ticks = findTicks(painting);
  context.fillStyle = colour('line');
  for (const { x } of ticks) context.fillRect(x, 0, 1, height);
  const first = Math.floor(top / laneHeight);
  const last = Math.min(lanes.length, first + Math.ceil(height / laneHeight));
  for (let row = first; row < last; row += 1) {
    const lane = lanes[row];
    const y = axisHeight + row * laneHeight - top;
    context.fillStyle = colour('line');
    context.fillRect(0, y + laneHeight - 1, width, 1);
    if (lane !== undefined) paintLane(painting, lane, y);
  }
  context.fillStyle = colour('text');
  context.fillRect(Math.round(xOf(painting, now)), 0, 1, height);
  context.fillStyle = colour('paper');
  context.fillRect(0, 0, width, axisHeight);
  context.textAlign = 'left';
  for (const { x, text } of ticks) {
    context.fillStyle = colour('line');
    context.fillRect(x, 0, 1, axisHeight);
    context.fillStyle = colour('text');
    context.fillText(text, x + 4, axisHeight / 2);
  }
};

const xOf = ({ width, window: { from, span } }: Painting, at: number): number => ((at - from) / span) * width;

/** Where something is not known any more, or was never heard of. */
const paintMissing = (painting: Painting): void => {
  const { context, height, timeline, window, colour } = painting;
  const until = timeline.droppedUntil ?? Number.NEGATIVE_INFINITY;
  context.fillStyle = colour('missing');
  for (const { from, to } of [{ from: window.from, to: until }, ...timeline.gaps]) {
    const x = Math.max(0, xOf(painting, from));
    const length = xOf(painting, to) - x;
    if (to >= window.from && from <= window.end) context.fillRect(x, axisHeight, Math.max(2, length), height);
  }
};

const paintLane = (painting: Painting, { segments, marks }: Lane, y: number): void => {
  const { context, window, now, colour } = painting;
  for (const { phase, from, to, isTorn } of inSight(segments, window, (one) => one.to ?? now)) {
    if (from > window.end) continue;
    const x = Math.max(-2, xOf(painting, from));
    context.globalAlpha = isTorn ? 0.4 : 1;
    context.fillStyle = colour(phase);
    context.fillRect(x, y + 6, Math.max(2, xOf(painting, to ?? now) - x), laneHeight - 12);
  }
  context.globalAlpha = 1;
  context.textAlign = 'center';
  for (const { kind, at } of inSight(marks, window, (one) => one.at)) {
    if (at > window.end) continue;
    context.lineWidth = 3;
    context.strokeStyle = colour('paper');
    context.fillStyle = colour(kind);
    context.strokeText(markSigns[kind], xOf(painting, at), y + laneHeight / 2);
    context.fillText(markSigns[kind], xOf(painting, at), y + laneHeight / 2);
  }
};

/** Those that do not end before the window: a list in the order of time is read from its end. */
export const inSight = <Item>(
  items: readonly Item[],
  window: Pick<TimeWindow, 'from'>,
  endOf: (item: Item) => number,
): readonly Item[] => items.slice(items.findLastIndex((item) => endOf(item) < window.from) + 1);

const findTicks = (painting: Painting): readonly { readonly x: number; readonly text: string }[] => {
  const { width, window } = painting;
  const step = tickSteps.find((one) => (one / window.span) * width >= tickWidth) ?? 24 * hour;
  const first = Math.ceil(window.from / step);
  return Array.from({ length: Math.max(0, Math.floor(window.end / step) - first + 1) }, (_, index) => {
    const at = (first + index) * step;
    return { x: Math.round(xOf(painting, at)), text: timeText(at, step < second) };
  });
};
