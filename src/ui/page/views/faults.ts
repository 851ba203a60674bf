import { api, send } from '../api.ts';
import { type Content, emptyState, entered, panel, problem } from '../components.ts';
import { type FaultForm, type Field, toFault, toFaultForm, wordsOf } from '../fault-form.ts';
import { html, nothing, repeat } from '../lit.ts';
import type { Schemas } from '../model.ts';
import { store } from '../store.ts';
import { setQuery, Task, type View } from '../view.ts';

type Fault = Schemas['ArmedFault'];

/** Others set faults, too, and no event says so. */
const reloadMs = 2_000;

let form: FaultForm | null = null;
let all: readonly Fault[] = [];
let loadedAt = -reloadMs;
const loading = new Task();
/** With what is wrong with the fault in the form. */
const editing = new Task();

const load = async (): Promise<void> => {
  loadedAt = performance.now();
  form ??= toFaultForm(await (await send('GET', '/_emulator/control-api.json')).json());
  all = await api.get<readonly Fault[]>('faults');
};

const loadSoon = (): void => {
  loadedAt = -reloadMs;
};

store.onEvent(({ name }) => {
  if (name === 'fault.fired') loadSoon();
});

const change = (work: () => Promise<unknown>): Promise<void> => editing.run(work).finally(loadSoon);

const remove = (id: string) => () => change(() => api.delete(`faults/${encodeURIComponent(id)}`));
const clear = () => change(() => api.delete('faults'));

const add = (shape: FaultForm, type: string) => async (event: SubmitEvent) => {
  event.preventDefault();
  const element = event.currentTarget as HTMLFormElement;
  const values = new FormData(element);
  await change(() =>
    api.post(
      'faults',
      toFault(shape, type, (name) => String(values.get(name) ?? '')),
    ),
  );
  if (editing.failure === null) element.reset();
};

const row = ({ id, match, effect, fired }: Fault): Content => html`
  <tr>
    <td class="mono">${id}</td>
    <td><strong>${effect.type}</strong> ${wordsOf(effect)}</td>
    <td>${wordsOf(match) || 'always'}</td>
    <td class="number">${fired}</td>
    <td><button class="danger" aria-label=${`Remove ${id}`} @click=${remove(id)}>Remove</button></td>
  </tr>
`;

const list = (): Content =>
  all.length === 0
    ? emptyState('No fault is set.', 'What is to go wrong, and when: add one with the form.')
    : html`<div class="list"><table>
        <thead><tr><th>ID</th><th>Effect</th><th>When</th><th class="number">Fired</th><td></td></tr></thead>
        <tbody>${repeat(all, ({ id }) => id, row)}</tbody>
      </table></div>`;

/** A description, in which code stands between backticks. */
const hint = (text: string): Content => html`
  <small class="hint">${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}</small>
`;

const control = ({ choices, isRequired, isNumber }: Field, name: string): Content => {
  const options = name === 'match.function' ? (store.state?.functions.map((one) => one.name) ?? []) : choices;
  if (options === null)
    return html`<input name=${name} inputmode=${isNumber ? 'decimal' : 'text'} spellcheck="false" autocomplete="off" />`;
  return html`<select name=${name}>
    ${isRequired ? nothing : html`<option value="">—</option>`} ${options.map((choice) => html`<option>${choice}</option>`)}
  </select>`;
};

const field =
  (prefix: string) =>
  (one: Field): Content =>
    html`
    <label>
      <span>${one.name}${one.isRequired ? html` <span class="hint">needed</span>` : nothing}</span>
      ${control(one, `${prefix}.${one.name}`)} ${one.description === '' ? nothing : hint(one.description)}
    </label>
  `;

const addForm = (shape: FaultForm, type: string): Content => {
  const effect = shape.effects.find((one) => one.type === type) ?? shape.effects[0];
  if (effect === undefined) return nothing;
  const choose = (event: Event): void => {
    editing.failure = null;
    setQuery({ effect: entered(event) });
  };
  return html`
    <form class="form" @submit=${add(shape, effect.type)}>
      <fieldset>
        <legend>What</legend>
        <label>
          <span>Effect</span>
          <select @change=${choose}>
            ${shape.effects.map((one) => html`<option ?selected=${one === effect}>${one.type}</option>`)}
          </select>
          ${hint(effect.description)}
        </label>
        ${repeat(effect.fields, ({ name }) => `${effect.type}.${name}`, field('effect'))}
      </fieldset>
      <fieldset>
        <legend>When</legend>
        <p class="hint">What is left out fits everything.</p>
        ${shape.match.map(field('match'))}
      </fieldset>
      <label class="id"><span>ID</span><input name="id" spellcheck="false" autocomplete="off" /><small class="hint">One is made up without it.</small></label>
      ${problem(editing.failure)}
      <div class="actions"><button class="primary">Add fault</button></div>
    </form>
  `;
};

export const faults: View = (query) => {
  if (!loading.isBusy && store.connection === 'live' && performance.now() - loadedAt > reloadMs) void loading.run(load);
  const clearAll = html`<button class="danger" ?disabled=${all.length === 0} @click=${clear}>Remove all</button>`;
  return html`
    ${problem(loading.failure)} ${panel('Faults', list(), clearAll)}
    ${form === null ? nothing : panel('Add', addForm(form, query.get('effect') ?? ''))}
  `;
};
