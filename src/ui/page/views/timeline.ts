import { type Content, emptyState } from '../components.ts';
import { html, nothing, ref } from '../lit.ts';
import { requestLog } from '../request-log.ts';
import { RowList } from '../rows.ts';
import { store } from '../store.ts';
import { axisHeight, chart, inSight, laneHeight, markSigns, TimeWindow } from '../timeline-chart.ts';
import { busyPhases, type Lane, type Mark, type MarkKind, Timeline } from '../timeline-model.ts';
import { durationText, secondsText, timeText } from '../times.ts';
import { setQuery, update, type View } from '../view.ts';

type Row = { readonly name: string } & (
  | { readonly kind: 'function'; readonly used: number; readonly lane?: undefined; readonly id: null }
  /** With the ID of the instance, or of the function to which something happened without one. */
  | { readonly kind: 'instance' | 'none'; readonly lane: Lane | undefined; readonly id: string }
);

const mostMarks = 50;

const past = new Timeline();
const view = new TimeWindow(() => store.now());
const list = new RowList<Row>(laneHeight, null, axisHeight);
let rows: readonly Row[] = [];
/** The ID of the row that the arrow keys are at. */
let active: string | null = null;

store.onEvent((event) => past.take(event));
store.onState((state) => past.takeState(state));

/** By function: what happened without an instance, the instances that were used, those that are gone, and those that were never used. */
const toRows = (): readonly Row[] =>
  (store.state?.functions ?? []).flatMap(({ container_id: containerId, name, instances }): Row[] => {
    const none = past.lane(containerId);
    const all = instances.map(
      ({ id, hostname }) => ({ kind: 'instance', id, name: hostname, lane: past.lane(id) }) as const,
    );
    const used = all.filter(({ lane }) => lane !== undefined);
    const present = new Set([none, ...used.map(({ lane }) => lane)]);
    const gone = [...past.lanes].filter((lane) => lane.containerId === containerId && !present.has(lane));
    return [
      { kind: 'function', name, used: used.length + gone.length, id: null },
      ...(none === undefined ? [] : [{ kind: 'none', name: `${name}, no instance`, lane: none, id: none.id } as const]),
      ...used,
      ...gone.map((lane) => ({ kind: 'instance', name: `${lane.name} (gone)`, lane, id: lane.id }) as const),
      ...all.filter(({ lane }) => lane === undefined),
    ];
  });

const describe = ({ kind, name, lane }: Row): string => {
  if (lane === undefined) return kind === 'function' ? `Function ${name}` : `${name}: not used yet`;
  const lastMark = lane.marks.slice(-1).map(({ text }) => `last: ${text}`);
  if (kind === 'none') return [name, ...lastMark].join(', ');
  const last = lane.segments.at(-1);
  const runs = lane.segments.filter(({ phase }) => phase === 'running').length;
  return [
    `${name}: ${last?.to === null ? `${last.phase} for ${secondsText(store.now() - last.from)}` : 'free'}`,
    `${runs} ${runs === 1 ? 'run' : 'runs'}`,
    ...lastMark,
  ].join(', ');
};

const open = (one: Row | undefined): void => {
  active = one?.id ?? active;
  if (one?.kind === 'instance') setQuery({ instance: one.id });
};

const row = (item: Row): Content =>
  item.kind === 'function'
    ? html`<span class="lane-function"><b>${item.name}</b> <span class="hint">${item.used} used</span></span>`
    : html`<span class="lane-name" title=${describe(item)} aria-label=${describe(item)} @click=${() => open(item)}>
        ${item.name}
      </span>`;

/** What shows the chart. */
let plot: Element | undefined;
let nextPixel: ReturnType<typeof setTimeout> | undefined;

const take = (element: Element | undefined): void => {
  plot = element;
  // Now its width is known.
  update();
};

const msPerPixel = (): number => view.span / Math.max(1, plot?.clientWidth ?? 1);

/** The page is rendered with each pixel that time moves, for as long as this is shown. */
const moveOn = (): void => {
  clearTimeout(nextPixel);
  if (!store.frozen) nextPixel = setTimeout(update, msPerPixel());
};

const wheel = {
  // With the modifier the page would zoom.
  passive: false,
  handleEvent(event: WheelEvent): void {
    const { ctrlKey, metaKey, shiftKey, deltaX, deltaY, offsetX } = event;
    if (ctrlKey || metaKey) view.zoom(2 ** (deltaY / 200), view.from + offsetX * msPerPixel());
    else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) view.pan((deltaX || deltaY) * msPerPixel());
    else return;
    event.preventDefault();
    update();
  },
};

/** How far a pointer moves before it drags, in pixels. */
const dragFrom = 3;

/** Where the pointer went down, and until when the window was then. */
let drag: { readonly x: number; readonly end: number; hasMoved: boolean } | null = null;

const grab = ({ clientX, pointerId }: PointerEvent): void => {
  drag = { x: clientX, end: view.end, hasMoved: false };
  plot?.setPointerCapture(pointerId);
};

const pull = ({ clientX }: PointerEvent): void => {
  if (drag === null) return;
  const distance = clientX - drag.x;
  drag.hasMoved ||= Math.abs(distance) > dragFrom;
  if (drag.hasMoved) view.showUntil(drag.end - distance * msPerPixel());
  update();
};

const drop = ({ offsetY }: PointerEvent): void => {
  if (drag?.hasMoved === false) open(rows[Math.floor((offsetY - axisHeight + list.top) / laneHeight)]);
  drag = null;
};

const plotOf = (lanes: readonly (Lane | undefined)[]): Content => {
  const { height, top } = list;
  return html`
    <svg aria-hidden="true" height=${height} ${ref(take)}
      @wheel=${wheel} @pointerdown=${grab} @pointermove=${pull} @pointerup=${drop}>
      ${chart({ width: plot?.clientWidth ?? 0, height, top, lanes, timeline: past, window: view, now: store.now() })}
    </svg>
  `;
};

const zoomIn = () => view.zoom(0.5);
const zoomOut = () => view.zoom(2);
const follow = () => view.follow();
const earlier = () => view.pan(-view.span / 4);
const later = () => view.pan(view.span / 4);

/** Past the headings, which are no choice. */
const step = (by: number) => (): void => {
  const choices = rows.filter(({ id }) => id !== null);
  const from = choices.findIndex(({ id }) => id === active);
  const to = choices[Math.max(0, Math.min(choices.length - 1, from + by))];
  active = to?.id ?? null;
  if (to !== undefined) list.reveal(rows.indexOf(to));
};

const keys: Readonly<Record<string, () => void>> = {
  ...{ '+': zoomIn, '=': zoomIn, '-': zoomOut, f: follow, End: follow, ArrowLeft: earlier, ArrowRight: later },
  ...{ ArrowUp: step(-1), ArrowDown: step(1), PageUp: step(-10), PageDown: step(10) },
  Enter: () => open(rows.find(({ id }) => id === active)),
};

const onKey = (event: KeyboardEvent): void => {
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
  const isModified = event.ctrlKey || event.metaKey || event.altKey;
  if (act === undefined || isModified || !(event.target as Element).matches('.rows')) return;
  event.preventDefault();
  act();
};

/** By the tokens of the style sheet. */
const inColour = (name: string): string => `color: var(--${name})`;

const tools = (): Content => html`
  <div class="tools">
    <button @click=${zoomOut} aria-label="Zoom out" title="Zoom out (−)">−</button>
    <button @click=${zoomIn} aria-label="Zoom in" title="Zoom in (+)">+</button>
    <button @click=${earlier} aria-label="Earlier" title="Earlier (←)">←</button>
    <button @click=${later} aria-label="Later" title="Later (→)" ?disabled=${view.isFollowing}>→</button>
    <button aria-pressed=${view.isFollowing} @click=${follow} title="Follow the present (F)">Follow now</button>
    <span class="hint">
      ${durationText(Math.round(view.span / 100) * 100)}${store.frozen ? ', the clock is frozen' : ''}${
        view.isFollowing ? '' : ` until ${timeText(view.end)}`
      }
    </span>
    ${past.droppedUntil === null ? nothing : html`<span class="hint">Before ${timeText(past.droppedUntil)} not all is kept.</span>`}
    ${past.gaps.length === 0 ? nothing : html`<span class="hint">Shaded: events were missed.</span>`}
    <ul class="legend" aria-label="Legend">
      ${busyPhases.map((phase) => html`<li><i .style=${inColour(phase)}></i>${phase}</li>`)}
      ${(Object.keys(markSigns) as MarkKind[]).map((kind) => html`<li><b .style=${inColour(kind)}>${markSigns[kind]}</b>${kind === 'wait' ? 'in line' : kind}</li>`)}
    </ul>
  </div>
`;

/** The same in words. */
const marksInSight = (): Content => {
  const marks = rows
    .flatMap((one): (Mark & { readonly row: Row })[] =>
      inSight(one.lane?.marks ?? [], view, ({ at }) => [at, at]).map((mark) => ({ ...mark, row: one })),
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
                ${row.kind === 'none' ? row.name : html`<button class="link" @click=${() => open(row)}>${row.name}</button>`}
              </td>
              <td><b .style=${inColour(kind)} aria-hidden="true">${markSigns[kind]}</b> ${text}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
};

export const timeline: View = () => {
  requestLog.look();
  for (const request of requestLog.all) past.takeRequest(request);
  rows = toRows();
  if (rows.length === 0) return emptyState('The stack has no functions, and so no instances.');
  active ??= rows.find(({ kind }) => kind === 'instance')?.id ?? null;
  moveOn();
  const beside = html`<div class="lanes-head">Instance</div>${plotOf(rows.map(({ lane }) => lane))}`;
  return html`
    ${tools()}
    <div class="lanes" @keydown=${onKey}>
      ${list.render({ items: rows, label: 'Instances over time', row, beside, active: rows.findIndex(({ id }) => id === active) })}
    </div>
    ${marksInSight()}
  `;
};
