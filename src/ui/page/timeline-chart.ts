import { svg, type TemplateResult } from './lit.ts';
import type { Lane, MarkKind, Timeline } from './timeline-model.ts';
import { timeText } from './times.ts';

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

type Chart = {
  readonly width: number;
  readonly height: number;
  /** How far the lanes are scrolled. */
  readonly top: number;
  /** What is in each row; undefined where it has nothing to show. */
  readonly lanes: readonly (Lane | undefined)[];
  readonly timeline: Pick<Timeline, 'droppedUntil' | 'gaps'>;
  readonly window: Pick<TimeWindow, 'from' | 'end' | 'span'>;
  readonly now: number;
};

/** Those that do not end before the window, nor begin after it: a list in the order of time is read from its end. */
export const inSight = <Item>(
  items: readonly Item[],
  { from, end }: Pick<TimeWindow, 'from' | 'end'>,
  timesOf: (item: Item) => readonly [from: number, to: number],
): readonly Item[] =>
  items.slice(items.findLastIndex((item) => timesOf(item)[1] < from) + 1).filter((item) => timesOf(item)[0] <= end);

const box = (x: number, y: number, width: number, height: number): string =>
  `M${x.toFixed(1)} ${y}h${width.toFixed(1)}v${height}h${(-width).toFixed(1)}z`;

const path = <Item>(colour: string, items: readonly Item[], toBox: (item: Item) => string): TemplateResult =>
  svg`<path fill="var(--${colour})" d=${items.map(toBox).join('')} />`;

/** One path for all that has a colour, and one text: so there are few elements, however much there is to show. */
export const chart = ({ width, height, top, lanes, timeline, window, now }: Chart): TemplateResult => {
  const { from: start, span } = window;
  const xOf = (at: number): number => ((at - start) / span) * width;
  const first = Math.floor(top / laneHeight);
  const rows = lanes.slice(first, first + Math.ceil(height / laneHeight)).map((lane, index) => {
    return { lane, y: axisHeight + (first + index) * laneHeight - top };
  });
  const segments = rows.flatMap(({ lane, y }) =>
    inSight(lane?.segments ?? [], window, ({ from, to }) => [from, to ?? now]).map((one) => ({ ...one, y })),
  );
  const marks = rows.flatMap(({ lane, y }) =>
    inSight(lane?.marks ?? [], window, ({ at }) => [at, at]).map((one) => ({ ...one, y: y + laneHeight / 2 })),
  );
  // Where something is not known any more, or was never heard of.
  const dropped = { from: start, to: timeline.droppedUntil ?? Number.NEGATIVE_INFINITY };
  const missing = inSight([dropped, ...timeline.gaps], window, ({ from, to }) => [from, to]);
  const ticks = findTicks(window, width);
  /** What goes on ends with the present; however short it is, it is seen. */
  const bar = (from: number, to: number, y: number, high: number): string => {
    const x = Math.max(-2, xOf(from));
    return box(x, y, Math.max(2, xOf(to) - x), high);
  };
  const bars = [...Map.groupBy(segments, ({ phase, isTorn }) => (isTorn ? `${phase}-torn` : phase))].map(
    ([name, all]) => path(name, all, ({ from, to, y }) => bar(from, to ?? now, y + 6, laneHeight - 12)),
  );
  const signs = [...Map.groupBy(marks, ({ kind }) => kind)].map(([kind, all]) => {
    const [xs, ys] = [all.map(({ at }) => xOf(at).toFixed(1)), all.map(({ y }) => y)];
    const text = markSigns[kind].repeat(all.length);
    return svg`<text class="mark" fill="var(--${kind})" x=${xs.join(' ')} y=${ys.join(' ')}>${text}</text>`;
  });
  return svg`
    ${path('sunk', missing, ({ from, to }) => bar(from, to, axisHeight, height))}
    ${path('line', ticks, ({ x }) => box(x, 0, 1, height))}
    ${path('line', rows, ({ y }) => box(0, y + laneHeight - 1, width, 1))}
    ${bars} ${signs}
    ${path('muted', [now], (at) => box(Math.round(xOf(at)), 0, 1, height))}
    ${path('raised', [width], (whole) => box(0, 0, whole, axisHeight))}
    ${path('line', ticks, ({ x }) => box(x, 0, 1, axisHeight))}
    ${ticks.map(({ x, text }) => svg`<text x=${x + 4} y=${axisHeight / 2}>${text}</text>`)}
  `;
};

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const tickSteps = [
  ...[100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second],
  ...[minute, 2 * minute, 5 * minute, 10 * minute, 30 * minute, hour, 3 * hour, 6 * hour],
];
const tickWidth = 96;

const findTicks = ({ from, end, span }: Chart['window'], width: number) => {
  const step = tickSteps.find((one) => (one / span) * width >= tickWidth) ?? 24 * hour;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.max(0, Math.floor(end / step) - first + 1) }, (_, index) => {
    const at = (first + index) * step;
    return { x: Math.round(((at - from) / span) * width), text: timeText(at, step < second) };
  });
};
