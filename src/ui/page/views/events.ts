import { asIs, type Content, emptyState, panel } from '../components.ts';
import { functionFilter, textFilter } from '../filters.ts';
import { html, nothing } from '../lit.ts';
import type { EmulatorEvent } from '../model.ts';
import { RowList } from '../rows.ts';
import { store } from '../store.ts';
import { timeText } from '../times.ts';
import { setQuery, type View } from '../view.ts';

const list = new RowList<EmulatorEvent>(24, 'last');
let selected: EmulatorEvent | null = null;

const toText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(toText).join(', ');
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${toText(inner)}`)
    .join(', ');
};

/** What an event says beside its common fields. */
export const detailsOf = ({ cursor, name, at, container_id, instance_id, ...details }: EmulatorEvent): string =>
  Object.entries(details)
    .map(([key, value]) => [key, toText(value)])
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `${key}: ${text}`)
    .join(' · ');

/** Names by IDs, of functions and of instances. */
export const readNames = (): ReadonlyMap<string, string> =>
  new Map(
    (store.state?.functions ?? []).flatMap(({ container_id, name, instances }) => [
      [container_id, name],
      ...instances.map(({ id, hostname }) => [id, hostname] as const),
    ]),
  );

const toFilter = (query: URLSearchParams, names: ReadonlyMap<string, string>) => {
  const [name = '', fn = '', on = ''] = ['name', 'function', 'on'].map((word) => query.get(word) ?? '');
  return (event: EmulatorEvent): boolean => {
    const { instance_id: id } = event;
    return (
      event.name.includes(name) &&
      (fn === '' || names.get(event.container_id ?? '') === fn) &&
      (on === '' || id === on || (id != null && names.get(id) === on))
    );
  };
};

const filters = (query: URLSearchParams): Content => html`
  ${textFilter(query, 'name', 'Name')}
  <datalist id="filter-name">
    ${[...new Set(store.events.map(({ name }) => name))].sort().map((name) => html`<option value=${name}></option>`)}
  </datalist>
  ${functionFilter(query)} ${textFilter(query, 'on', 'Instance', 'hostname or ID')}
`;

const row = (names: ReadonlyMap<string, string>) => (event: EmulatorEvent) => {
  const { instance_id: id, container_id: containerId } = event;
  const select = (): void => {
    selected = selected === event ? null : event;
  };
  const details = detailsOf(event);
  return html`
    <button class="event" aria-expanded=${selected === event} @click=${select} title=${details}>
      <time>${timeText(event.at, true)}</time>
      <b>${event.name}</b>
      <span>${(id && (names.get(id) ?? id)) || names.get(containerId ?? '') || ''}</span>
      <span>${details}</span>
    </button>
  `;
};

const whole = (event: EmulatorEvent): Content => {
  const { name, instance_id: instance = null } = event;
  const open = html`<button @click=${() => setQuery({ instance })}>Open instance</button>`;
  return panel(name, asIs('Event', event), instance === null ? nothing : open);
};

export const events: View = (query) => {
  const names = readNames();
  const isWanted = toFilter(query, names);
  const all = list.hold(store.events);
  const shown = all.filter(isWanted);
  const more = (store.events.at(-1)?.cursor ?? 0) - (all.at(-1)?.cursor ?? 0);
  const earlier = (all[0]?.cursor ?? 1) - 1;
  return html`
    <div class="tools">
      ${filters(query)}
      ${list.buttons(more > 0 ? `${more} more ↓` : null)}
      <span class="hint" role="status">
        ${shown.length} of ${all.length} events${earlier > 0 ? `; ${earlier} earlier ones are not kept` : ''}
      </span>
    </div>
    ${
      shown.length === 0
        ? emptyState(all.length === 0 ? 'Nothing has happened yet.' : 'No event fits the filter.')
        : list.render({ items: shown, label: 'Events', row: row(names) })
    }
    ${selected === null ? nothing : whole(selected)}
  `;
};
