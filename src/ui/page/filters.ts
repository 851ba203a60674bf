import type { Content } from './components.ts';
import { html } from './lit.ts';
import { store } from './store.ts';
import { setQuery } from './view.ts';

/** What a filter has stands in the hash under its name. */
const set = ({ currentTarget }: Event): void => {
  const { name, value } = currentTarget as HTMLInputElement;
  setQuery({ [name]: value.trim() });
};

/** Proposes what a `datalist` with the ID `filter-<name>` has. */
export const textFilter = (query: URLSearchParams, name: string, label: string, hint = ''): Content => html`
  <label>
    ${label}
    <input name=${name} type="search" list="filter-${name}" placeholder=${hint} .value=${query.get(name) ?? ''} @input=${set} />
  </label>
`;

export const choiceFilter = (query: URLSearchParams, name: string, label: string, choices: readonly string[]) => {
  const chosen = query.get(name) ?? '';
  return html`
    <label>
      ${label}
      <select name=${name} @change=${set}>
        <option value="">all</option>
        ${[...new Set([...choices, chosen])]
          .filter((choice) => choice !== '')
          .map((choice) => html`<option value=${choice} ?selected=${choice === chosen}>${choice}</option>`)}
      </select>
    </label>
  `;
};

export const functionFilter = (query: URLSearchParams): Content =>
  choiceFilter(query, 'function', 'Function', store.state?.functions.map(({ name }) => name) ?? []);
