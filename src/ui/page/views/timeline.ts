import { type Content, durationText, emptyState, secondsText, timeText } from '../components.ts';
import { html, nothing, ref } from '../lit.ts';
import { setQuery } from '../route.ts';
import { RowList } from '../rows.ts';
import { store } from '../store.ts';
import {
  axisHeight,
  inSight,
  laneHeight,
  markSigns,
  type Palette,
  paint,
  phaseWords,
  TimeWindow,
} from '../timeline-chart.ts';
import type { Mark, MarkKind } from '../timeline-marks.ts';
import { type Lane, type Phase, Timeline } from '../timeline-model.ts';
import { update, type View } from '../view.ts';

type Row = { readonly name: string } & (
  | { readonly kind: 'function'; readonly used: number; readonly lane?: undefined; readonly id: null }
  /** With the ID of the instance, or of the function whose line it is. */
  | { readonly kind: 'instance' | 'line'; readonly lane: Lane | undefined; readonly id: string }
);

const mostMarks = 50;

const past = new Timeline();
const view = new TimeWindow(() => store.now());
const list = new RowList<Row>(laneHeight, { headHeight: axisHeight });
let rows: readonly Row[] = [];
/** The ID of the row that the arrow keys are at. */
let active: string | null = null;

let seen: typeof store.state = null;
store.onEvent((event) => past.take(event));
store.onChange(() => {
  if (store.state === null || store.state === seen) return;
  seen = store.state;
  past.takeState(store.state);
});

/** By function: its line, the instances that were used, those that are gone, and those that were never used. */
const toRows = (): readonly Row[] => {
  const others = new Set(past.lanes);
  return (store.state?.functions ?? []).flatMap(({ container_id: containerId, name, instances }): Row[] => {
    const line = past.lane(containerId);
    if (line !== undefined) others.delete(line);
    const all = instances.map(
      ({ id, hostname }) => ({ kind: 'instance', id, name: hostname, lane: past.lane(id) }) as const,
    );
    for (const { lane } of all) if (lane !== undefined) others.delete(lane);
    const used = all.filter(({ lane }) => lane !== undefined);
    const gone = [...others].filter((lane) => lane.containerId === containerId);
    return [
      { kind: 'function', name, used: used.length + gone.length, id: null },
      ...(line === undefined ? [] : [{ kind: 'line', name: `line of ${name}`, lane: line, id: line.id } as const]),
      ...used,
      ...gone.map((lane) => ({ kind: 'instance', name: `${lane.name} (gone)`, lane, id: lane.id }) as const),
      ...all.filter(({ lane }) => lane === undefined),
    ];
  });
};

const describe = ({ kind, name, lane }: Row): string => {
  if (lane === undefined) return kind === 'function' ? `Function ${name}` : `${name}: not used yet`;
  const last = lane.segments.at(-1);
  const runs = lane.segments.filter(({ phase }) => phase === 'run').length;
  return [
    `${name}: ${last?.to === null ? `${phaseWords[last.phase]} for ${secondsText(store.now() - last.from)}` : 'free'}`,
    `${runs} ${runs === 1 ? 'run' : 'runs'}`,
    ...lane.marks.slice(-1).map(({ text }) => `last: ${text}`),
  ].join(', ');
};

const open = (one: Row | undefined): void => {
  active = one?.id ?? active;
  if (one?.kind === 'instance') setQuery({ instance: one.id });
  update();
};

const row = (item: Row): Content =>
  item.kind === 'function'
    ? html`<span class="lane-function"><b>${item.name}</b> <span class="hint">${item.used} used</span></span>`
    : html`<span class="lane-name" title=${describe(item)} aria-label=${describe(item)} @click=${() => open(item)}>
        ${item.name}
      </span>`;

// The canvas is painted more often than the page is rendered: with each pixel that time moves.

let canvas: HTMLCanvasElement | null = null;
let palette: { readonly isDark: boolean; readonly colours: Map<string, string> } | null = null;
const darkness = matchMedia('(prefers-color-scheme: dark)');

/** A canvas knows no variables of the style sheet, so the elements of the legend are asked for their colours. */
const colour: Palette = (name) => {
  if (palette?.isDark !== darkness.matches) palette = { isDark: darkness.matches, colours: new Map() };
  const known = palette.colours.get(name);
  if (known !== undefined) return known;
  const element = document.querySelector(`.legend .${name}`);
  const found = element === null ? '#888' : getComputedStyle(element).color;
  if (element !== null) palette.colours.set(name, found);
  return found;
};

const repaint = (): void => {
  const context = canvas?.getContext('2d');
  if (canvas === null || !context) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const lanes = rows.map(({ lane }) => lane);
  paint({ context, width, height, top: list.top, lanes, timeline: past, window: view, now: store.now(), colour });
};

let paintedAt = 0;
const animate = (at: number): void => {
  if (canvas === null) return;
  requestAnimationFrame(animate);
  if (store.frozen || at - paintedAt < view.span / Math.max(1, canvas.clientWidth)) return;
  paintedAt = at;
  repaint();
};

const takeCanvas = (element: Element | undefined): void => {
  canvas = (element as HTMLCanvasElement | undefined) ?? null;
  if (canvas === null) return;
  // Not passive: with the modifier the page would zoom.
  canvas.addEventListener('wheel', turn, { passive: false });
  requestAnimationFrame(animate);
};

const timeAt = (event: MouseEvent): number =>
  view.from + (event.offsetX / Math.max(1, canvas?.clientWidth ?? 1)) * view.span;

const turn = (event: WheelEvent): void => {
  const { ctrlKey, metaKey, shiftKey, deltaX, deltaY } = event;
  if (ctrlKey || metaKey) view.zoom(2 ** (deltaY / 200), view.isFollowing ? undefined : timeAt(event));
  else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY))
    view.pan(((deltaX || deltaY) / Math.max(1, canvas?.clientWidth ?? 1)) * view.span);
  else return;
  event.preventDefault();
  update();
};

/** Where the pointer went down, and until when the window was then; a move from there is no click. */
let drag: { readonly x: number; readonly end: number; hasMoved: boolean } | null = null;

const grab = (event: PointerEvent): void => {
  drag = { x: event.clientX, end: view.end, hasMoved: false };
  canvas?.setPointerCapture(event.pointerId);
};

const move = (event: PointerEvent): void => {
  if (drag === null || canvas === null) return;
  const distance = event.clientX - drag.x;
  drag.hasMoved ||= Math.abs(distance) > 3;
  if (!drag.hasMoved) return;
  view.showUntil(drag.end - (distance / Math.max(1, canvas.clientWidth)) * view.span);
  update();
};

const drop = (event: PointerEvent): void => {
  const isClick = drag?.hasMoved === false;
  drag = null;
  if (isClick) open(rows[Math.floor((event.offsetY - axisHeight + list.top) / laneHeight)]);
};

const zoom = (factor: number) => (): void => {
  view.zoom(factor, view.isFollowing ? undefined : view.end - view.span / 2);
  update();
};
const zoomIn = zoom(0.5);
const zoomOut = zoom(2);
const follow = (): void => {
  view.follow();
  update();
};
const pan = (share: number) => (): void => {
  view.pan(view.span * share);
  update();
};
/** Past the headings, which are no choice. */
const step = (by: number) => (): void => {
  const choices = rows.filter(({ id }) => id !== null);
  const from = choices.findIndex(({ id }) => id === active);
  const to = choices[Math.max(0, Math.min(choices.length - 1, from + by))];
  active = to?.id ?? null;
  if (to !== undefined) list.reveal(rows.indexOf(to));
  update();
};

const keys: Readonly<Record<string, () => void>> = {
  ...{ '+': zoomIn, '=': zoomIn, '-': zoomOut, f: follow, End: follow, ArrowLeft: pan(-0.25), ArrowRight: pan(0.25) },
  ...{
    ArrowUp: step(-1),
    ArrowDown: step(1),
    PageUp: step(-10),
    PageDown: step(10),
    Enter: () => open(rows.find(({ id }) => id === active)),
  },
};

const onKey = (event: KeyboardEvent): void => {
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  if (act === undefined || isModified || !(event.target as Element).matches('.rows')) return;
  event.preventDefault();
  act();
};

const tools = (): Content => html`
  <div class="tools">
    <button @click=${zoomOut} aria-label="Zoom out" title="Zoom out (−)">−</button>
    <button @click=${zoomIn} aria-label="Zoom in" title="Zoom in (+)">+</button>
    <button @click=${pan(-0.5)} aria-label="Earlier" title="Earlier (←)">←</button>
    <button @click=${pan(0.5)} aria-label="Later" title="Later (→)" ?disabled=${view.isFollowing}>→</button>
    <button aria-pressed=${view.isFollowing} @click=${follow} title="Follow the present (F)">Follow now</button>
    <span class="hint">
      ${durationText(view.span)}${store.frozen ? ', the clock is frozen' : ''}${
        view.isFollowing ? '' : ` until ${timeText(view.end)}`
      }
    </span>
    ${past.droppedUntil === null ? nothing : html`<span class="hint">Before ${timeText(past.droppedUntil)} not all is kept.</span>`}
    ${past.gaps.length === 0 ? nothing : html`<span class="hint">Shaded: events were missed.</span>`}
    <ul class="legend" aria-label="Legend">
      ${(Object.keys(phaseWords) as Phase[]).map((phase) => html`<li><i class=${phase}></i>${phaseWords[phase]}</li>`)}
      ${(Object.keys(markSigns) as MarkKind[]).map((kind) => html`<li><b class=${kind}>${markSigns[kind]}</b>${markWords[kind]}</li>`)}
      <li hidden><i class="text"></i><i class="line"></i><i class="paper"></i><i class="missing"></i></li>
    </ul>
  </div>
`;

const markWords: Readonly<Record<MarkKind, string>> = {
  ...{
    fault: 'fault',
    refusal: 'refusal',
    kill: 'kill',
    failure: 'failure',
    check: 'check',
    wait: 'in line',
    end: 'end',
  },
};

/** The same in words. */
const marksInSight = (): Content => {
  const marks = rows
    .flatMap((one): (Mark & { readonly row: Row })[] =>
      inSight(one.lane?.marks ?? [], view, ({ at }) => at)
        .filter(({ at }) => at <= view.end)
        .map((mark) => ({ ...mark, row: one })),
    )
    .sort((one, other) => other.at - one.at);
  if (marks.length === 0) return html`<p class="hint">No faults, refusals, kills or ends in this time.</p>`;
  return html`
    <table class="marks">
      <caption>
        ${marks.length > mostMarks ? `The last ${mostMarks} of ${marks.length}` : marks.length} in this time
      </caption>
      <tbody>
        ${marks.slice(0, mostMarks).map(
          ({ kind, at, text, row }) => html`
            <tr>
              <td><time>${timeText(at, true)}</time></td>
              <td>
                ${row.kind === 'line' ? row.name : html`<button class="link" @click=${() => open(row)}>${row.name}</button>`}
              </td>
              <td><b class="mark ${kind}" aria-hidden="true">${markSigns[kind]}</b> ${text}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
};

export const timeline: View = {
  name: 'timeline',
  title: 'Timeline',
  render: () => {
    rows = toRows();
    if (rows.length === 0) return emptyState('The stack has no functions, and so no instances.');
    active ??= rows.find(({ kind }) => kind === 'instance')?.id ?? null;
    queueMicrotask(repaint);
    const beside = html`
      <div class="lanes-head">Instance</div>
      <canvas
        aria-hidden="true"
        .style=${`height: ${list.height}px`}
        ${ref(takeCanvas)}
        @pointerdown=${grab}
        @pointermove=${move}
        @pointerup=${drop}
      ></canvas>
    `;
    return html`
      ${tools()}
      <div class="lanes" @keydown=${onKey}>
        ${list.render({ items: rows, label: 'Instances over time', row, beside, active: rows.findIndex(({ id }) => id === active) })}
      </div>
      ${marksInSight()}
    `;
  },
};
