import { type Content, emptyState, problem, timeText } from '../components.ts';
import { choiceFilter, functionFilter, textFilter } from '../filters.ts';
import { html, nothing } from '../lit.ts';
import type { Logged } from '../model.ts';
import { askedFor, type Filters, functionIdOf, matches, readFilters } from '../request-filters.ts';
import { requestLog } from '../request-log.ts';
import { hashOf, setQuery } from '../route.ts';
import { RowList } from '../rows.ts';
import type { View } from '../view.ts';
import { readNames } from './events.ts';
import { requestDetail, statusText } from './request-detail.ts';

type Names = ReadonlyMap<string, string>;

const list = new RowList<Logged>(26, { newest: 'first' });

const tools = ({ status, code, ...filters }: Filters, all: readonly Logged[], shown: readonly Logged[]): Content => {
  const codes = all.flatMap(({ code }) => code ?? []).sort();
  const more = (requestLog.all.at(-1)?.id ?? 0) - (all.at(-1)?.id ?? 0);
  return html`
    <div class="tools" role="search" aria-label="Requests">
      ${functionFilter(filters.function)}
      ${choiceFilter('status', 'Status', status, ['2xx', '4xx', '5xx', 'none'])}
      ${choiceFilter('code', 'Code', code, codes)} ${textFilter('text', 'Text', filters.text)}
      <button aria-pressed=${list.isPaused} @click=${list.togglePause}>Pause</button>
      ${more > 0 ? html`<button class="primary" @click=${list.toNewest}>${more} more ↑</button>` : nothing}
      <span class="hint" role="status">${shown.length} of ${all.length} requests</span>
    </div>
  `;
};

const row =
  (names: Names, opened: number) =>
  (request: Logged): Content => {
    const { id, at, status, instance, duration_ms, origin } = request;
    const open = ({ target }: Event): void => {
      if ((target as Element).closest('a') === null) setQuery({ request: String(id) });
    };
    return html`
    <div class="request ${id === opened ? 'open' : ''}" @click=${open}>
      <a class="mono" href=${hashOf('requests', { request: String(id) })}>${timeText(at, true)}</a>
      <span>${names.get(functionIdOf(request) ?? '') ?? ''}</span>
      <span>${origin === undefined ? nothing : html`<span class="mark">HTTP</span> `}${askedFor(request)}</span>
      <span class="status-${Math.floor((status ?? 0) / 100)}">${statusText(request)}</span>
      <span class="mono">${duration_ms.toFixed(1)} ms</span>
      <span>${instance === null ? nothing : html`<a href=${hashOf('requests', { instance })}>${names.get(instance) ?? instance}</a>`}</span>
    </div>
  `;
  };

/** Arrows go from row to row. */
const move = (event: KeyboardEvent): void => {
  const item = (event.target as Element).closest('.requests li');
  const to = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key];
  if (to == null) return;
  event.preventDefault();
  to.querySelector('a')?.focus();
};

export const requests: View = {
  name: 'requests',
  title: 'Requests',
  render: (query) => {
    requestLog.look();
    const filters = readFilters(query);
    const names = readNames();
    const opened = Number(query.get('request') ?? 0);
    const all = list.hold(requestLog.all);
    const shown = all.filter((one) => matches(one, filters, names));
    const none = all.length === 0 ? 'No request has come yet.' : 'No request fits the filters.';
    return html`
      ${tools(filters, all, shown)} ${problem(requestLog.problem)}
      <div class="split ${opened === 0 ? '' : 'open'}" @keydown=${move}>
        ${
          shown.length === 0
            ? emptyState(none)
            : list.render({ items: shown.toReversed(), label: 'Requests', row: row(names, opened) })
        }
        ${opened === 0 ? nothing : requestDetail(opened)}
      </div>
    `;
  },
};
