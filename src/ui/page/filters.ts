import type { Content } from './components.ts';
import { html } from './lit.ts';
import { setQuery } from './route.ts';
import { store } from './store.ts';

/** What a filter has stands in the hash under its name. */
const set = ({ currentTarget }: Event): void => {
  const { name, value } = currentTarget as HTMLInputElement;
  setQuery({ [name]: value.trim() });
};

/** Proposes what a `datalist` with the ID `filter-<name>` has. */
export const textFilter = (name: string, label: string, value: string, hint = ''): Content => html`
  <label>
    ${label} <input name=${name} type="search" list=${`filter-${name}`} placeholder=${hint} .value=${value} @input=${set} />
  </label>
`;

export const choiceFilter = (name: string, label: string, value: string, choices: readonly string[]): Content => html`
  <label>
    ${label}
    <select name=${name} @change=${set}>
      <option value="">all</option>
      ${[...new Set([...choices, value])]
        .filter((choice) => choice !== '')
        .map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
    </select>
  </label>
`;

export const functionFilter = (value: string): Content =>
  choiceFilter('function', 'Function', value, store.state?.functions.map(({ name }) => name) ?? []);
