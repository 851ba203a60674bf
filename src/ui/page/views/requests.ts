import { type Content, emptyState, problem, timeText } from '../components.ts';
import { guard, html, nothing, repeat } from '../lit.ts';
import { askedFor, type Filters, filterNames, functionIdOf, matches, readFilters } from '../request-filters.ts';
import { type Logged, requestLog } from '../request-log.ts';
import { hashOf, setQuery } from '../route.ts';
import { store } from '../store.ts';
import { update, type View } from '../view.ts';
import { requestDetail, statusText } from './request-detail.ts';

/** What was there when the list was stopped. */
let paused: readonly Logged[] | null = null;

const pause = (): void => {
  paused = paused === null ? [...requestLog.all] : null;
  update();
};

const nameOf = (containerId: string | null): string =>
  store.state?.functions.find(({ container_id }) => container_id === containerId)?.name ?? '';

/** A part of the instance's ID where the instance is gone. */
export const hostnameOf = (instanceId: string): string =>
  store.state?.functions.flatMap(({ instances }) => instances).find(({ id }) => id === instanceId)?.hostname ??
  `${instanceId.slice(0, 8)}…`;

const choose = (event: Event): void => {
  const { name, value } = event.target as HTMLInputElement;
  setQuery({ [name]: value });
};

const select = (name: keyof Filters, label: string, value: string, choices: readonly string[]): Content => html`
  <label>
    ${label}
    <select name=${name} .value=${value}>
      <option value="" ?selected=${value === ''}>all</option>
      ${[...new Set([...choices, value])]
        .filter((choice) => choice !== '')
        .map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
    </select>
  </label>
`;

const filterBar = (filters: Filters, shown: number, all: readonly Logged[]): Content => {
  const names = store.state?.functions.map(({ name }) => name) ?? [];
  const codes = all.flatMap(({ code }) => code ?? []).sort();
  const isFiltered = filterNames.some((name) => filters[name] !== '');
  const later = paused === null ? 0 : requestLog.all.filter(({ id }) => id > (paused?.at(-1)?.id ?? 0)).length;
  return html`
    <form class="filters" role="search" aria-label="Requests" @submit=${(event: Event) => event.preventDefault()} @input=${choose}>
      ${select('function', 'Function', filters.function, names)}
      ${select('status', 'Status', filters.status, ['2xx', '4xx', '5xx', 'none'])}
      ${select('code', 'Code', filters.code, codes)}
      <label class="wide">
        Text <input name="text" type="search" .value=${filters.text} placeholder="path, host, instance, fault…" />
      </label>
      <button type="button" aria-pressed=${paused !== null} @click=${pause}>
        ${paused === null ? 'Pause' : `Go on${later > 0 ? ` (${later} new)` : ''}`}
      </button>
      <span class="hint" role="status">${isFiltered ? `${shown} of ${all.length}` : `${all.length} requests`}</span>
    </form>
  `;
};

const row = (request: Logged, isOpen: boolean): Content => {
  const { id, at, status, instance, duration_ms } = request;
  return html`<tr data-id=${id} class=${isOpen ? 'open' : ''}>
    <td class="mono"><a href=${hashOf('requests', { request: String(id) })} aria-current=${isOpen ? 'true' : nothing}>${timeText(at, true)}</a></td>
    <td class="function">${nameOf(functionIdOf(request))}</td>
    <td class="asked">${request.origin === 'linked' ? html`<span class="mark">HTTP</span> ` : nothing}${askedFor(request)}</td>
    <td class="status-${Math.floor((status ?? 0) / 100)}">${statusText(request)}</td>
    <td class="mono ms number">${duration_ms.toFixed(1)}</td>
    <td class="mono at">${instance === null ? nothing : html`<a href=${hashOf('requests', { instance })}>${hostnameOf(instance)}</a>`}</td>
  </tr>`;
};

const open = ({ target }: Event): void => {
  const id = (target as Element).closest('tr')?.dataset['id'];
  if (id !== undefined && (target as Element).closest('a') === null) setQuery({ request: id });
};

/** Arrows go from row to row. */
const move = (event: KeyboardEvent): void => {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const;
  const to = (event.target as Element).closest('tr')?.[step[event.key as keyof typeof step]];
  const link = to?.querySelector('a');
  if (link == null) return;
  event.preventDefault();
  link.focus();
};

const table = (shown: readonly Logged[], opened: number): Content => html`
  <div class="list" tabindex="-1">
    <table @click=${open} @keydown=${move}>
      <thead>
        <tr><th class="time">Time</th><th class="function">Function</th><th>Request</th><th class="status">Status</th><th class="ms number">ms</th><th class="at">Instance</th></tr>
      </thead>
      <tbody>
        ${repeat(
          shown.toReversed(),
          ({ id }) => id,
          (request) => row(request, request.id === opened),
        )}
      </tbody>
    </table>
  </div>
`;

export const requests: View = {
  name: 'requests',
  title: 'Requests',
  render: (query) => {
    requestLog.look();
    const filters = readFilters(query);
    const opened = Number(query.get('request') ?? 0);
    const all = paused ?? requestLog.all;
    const shown = all.filter((request) => matches(request, filters, nameOf));
    const none = all.length === 0 ? 'No request has come yet.' : 'No request fits the filters.';
    const list = shown.length === 0 ? emptyState(none) : table(shown, opened);
    const names = store.state?.functions.map(({ name }) => name).join();
    return html`
      ${filterBar(filters, shown.length, all)} ${problem(requestLog.problem)}
      <div class="split ${opened === 0 ? '' : 'open'}">
        ${guard([paused, paused === null && requestLog.version, location.hash, names], () => list)}
        ${opened === 0 ? nothing : requestDetail(opened)}
      </div>
    `;
  },
};
