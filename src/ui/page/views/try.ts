import { type Content, copyable, emptyState, entered, panel, problem } from '../components.ts';
import { curlLine, schedulerCurl, shellQuote } from '../curl.ts';
import { html, nothing } from '../lit.ts';
import type { EmulatorEvent, EmulatorFunction } from '../model.ts';
import * as scheduler from '../scheduler-calls.ts';
import { store } from '../store.ts';
import { timeText } from '../times.ts';
import { hashOf, setQuery, Task, type View } from '../view.ts';
import { detailsOf } from './events.ts';
import { answerPart } from './requests.ts';

type Operation = 'claim' | 'spawn' | 'release' | 'invoke';
type Variable = { name: string; value: string };

/** What stands in the form. */
const form = {
  function: '',
  token: scheduler.newToken(),
  instance: '',
  path: '/',
  variables: [{ name: '', value: '' }],
};

const mostEvents = 200;

/** The last attempt, and the events since. */
class Attempt extends Task {
  readonly cancel = new AbortController();
  answer: scheduler.Answer | null = null;
  /** Null as long as it is not known which it is about. */
  instance: string | null;
  readonly #events: EmulatorEvent[] = [];
  readonly #containerId: string;

  constructor(containerId: string, instance: string | null) {
    super();
    this.#containerId = containerId;
    this.instance = instance;
  }

  take(event: EmulatorEvent): void {
    if (event.container_id === this.#containerId && this.#events.length < mostEvents) this.#events.push(event);
  }

  get happened(): readonly EmulatorEvent[] {
    return this.#events.filter(({ instance_id: id }) => this.instance === null || id == null || id === this.instance);
  }
}

let attempt: Attempt | null = null;
store.onEvent((event) => attempt?.take(event));

const bodyOf = (operation: Operation): object => {
  const { token, instance: instance_id } = form;
  const named = form.variables.filter(({ name }) => name !== '').map(({ name, value }) => [name, value] as const);
  const variables = Object.fromEntries(named);
  if (operation === 'claim') return { token };
  if (operation === 'invoke') return { token, env: variables };
  if (operation === 'release') return { token, instance_id };
  return { token, instance_id, runtime_variables: { environment_variables: variables } };
};

const pathFor = ({ container_id: id }: EmulatorFunction, operation: Operation): string =>
  operation === 'invoke' ? `/_emulator/functions/${id}/invoke` : scheduler.pathOf(id, operation);

const run = async (target: EmulatorFunction, operation: Operation): Promise<void> => {
  const isAboutInstance = operation === 'spawn' || operation === 'release';
  const own = new Attempt(target.container_id, isAboutInstance ? form.instance : null);
  attempt = own;
  await own.run(async () => {
    own.answer = await scheduler.call('POST', pathFor(target, operation), bodyOf(operation), own.cancel.signal);
    own.instance ??= scheduler.instanceOf(own.answer);
    if (operation === 'claim') form.instance = own.instance ?? form.instance;
  });
};

const input = (name: 'token' | 'instance' | 'path', label: string, more: Content = nothing): Content => {
  const change = (event: Event): void => {
    form[name] = entered(event);
  };
  return html`<div class="with-button">
    <label>
      ${label} <input .value=${form[name]} list=${name} spellcheck="false" autocomplete="off" @input=${change} />
    </label>
    ${more}
  </div>`;
};

const variableRow = (variable: Variable, index: number): Content => {
  const cell = (field: keyof Variable, label: string) => {
    const change = (event: Event): void => {
      variable[field] = entered(event);
    };
    return html`<input aria-label="${label} of variable ${index + 1}" placeholder=${label} spellcheck="false"
      autocomplete="off" .value=${variable[field]} @input=${change} />`;
  };
  const remove = () => form.variables.splice(index, 1);
  return html`<div class="variable">
    ${cell('name', 'Name')} ${cell('value', 'Value')}
    <button aria-label="Remove variable ${index + 1}" @click=${remove}>×</button>
  </div>`;
};

const buttons = (target: EmulatorFunction): Content => {
  const isBusy = attempt?.isBusy ?? false;
  const button = (operation: Operation, label: string, isPossible: boolean) => html`
    <button ?disabled=${isBusy || !isPossible} @click=${() => run(target, operation)}>${label}</button>
  `;
  const isOwn = scheduler.isOwnOrigin();
  const hasInstance = form.instance !== '';
  const line = (operation: Operation) =>
    copyable(schedulerCurl('POST', scheduler.url() + pathFor(target, operation), bodyOf(operation)));
  return html`
    <div class="actions">
      ${button('claim', 'Claim', isOwn)} ${button('spawn', 'Spawn', isOwn && hasInstance)}
      ${button('release', 'Release', isOwn && hasInstance)} ${button('invoke', 'Invoke', true)}
      ${isBusy ? html`<button class="danger" @click=${() => attempt?.cancel.abort()}>Cancel</button>` : nothing}
    </div>
    <p class="hint">
      ${isOwn ? '' : scheduler.elsewhere('The Scheduler API')} Invoke claims, spawns, waits for the end and releases.
    </p>
    <details ?open=${!isOwn}>
      <summary>As curl</summary>
      ${line('claim')} ${hasInstance ? html`${line('spawn')} ${line('release')}` : nothing}
    </details>
  `;
};

const overHttp = ({ name }: EmulatorFunction): Content => {
  const { gateway = null, no_gateway } = store.state ?? {};
  const domain = gateway?.domains.find((one) => one.function === name)?.domain;
  if (gateway === null || domain === undefined)
    return html`<p class="hint">Not reached over HTTP: ${no_gateway ?? `${name} has no public port`}.</p>`;
  const path = form.path.startsWith('/') ? form.path : `/${form.path}`;
  const link = `http://${domain}:${new URL(gateway.url).port}${path}`;
  return html`
    ${input('path', 'Path')}
    ${copyable(curlLine({ method: 'GET', url: gateway.url + path, headers: [shellQuote(`Host: ${domain}`)] }))}
    ${copyable(`cycle-scheduler fetch ${shellQuote(name)} ${shellQuote(path)}`)}
    <p class="hint">
      ${scheduler.elsewhere('The gateway')}
      ${
        /(?:^|\.)localhost$/.test(domain)
          ? html`So does <a href=${link} target="_blank" rel="noreferrer">a tab of its own</a>.`
          : nothing
      }
      <a href=${hashOf('requests', { function: name })}>Requests</a> shows what came of it.
    </p>
  `;
};

const outcome = (): Content => {
  if (attempt === null) return html`<p class="hint">Nothing has been sent yet.</p>`;
  const { failure, cancel } = attempt;
  if (cancel.signal.aborted && failure !== null) return problem('Cancelled: the page has hung up.');
  if (failure !== null) return problem(`No answer: ${failure}`);
  return attempt.answer === null ? html`<p class="hint">Waiting for the answer…</p>` : answerPart(attempt.answer);
};

const happened = (events: readonly EmulatorEvent[]): Content =>
  events.length === 0
    ? html`<p class="hint">Events since the last attempt stand here.</p>`
    : html`<ol class="happened">
        ${events.map(
          (event) =>
            html`<li><time class="mono">${timeText(event.at, true)}</time> <b>${event.name}</b> ${detailsOf(event)}</li>`,
        )}
      </ol>`;

const addVariable = () => form.variables.push({ name: '', value: '' });
const renewToken = (): void => {
  form.token = scheduler.newToken();
};

export const attempts: View = (query) => {
  const all = store.state?.functions ?? [];
  const wanted = query.get('function') ?? form.function;
  const target = all.find(({ name }) => name === wanted) ?? all[0];
  if (target === undefined) return emptyState('The stack has no functions.');
  if (target.name !== form.function) Object.assign(form, { function: target.name, instance: '' });
  const choose = (event: Event): void => setQuery({ function: entered(event) });
  const own = target.instances.filter(({ id }) => scheduler.ownTokenOf(id) !== undefined);
  return html`
    <div class="form">
      <label>
        Function
        <select @change=${choose}>
          ${all.map(({ name }) => html`<option ?selected=${name === target.name}>${name}</option>`)}
        </select>
      </label>
      ${input('token', 'Token', html`<button @click=${renewToken}>New</button>`)}
      ${input('instance', 'Instance, as a claim answers it')}
      <datalist id="instance">${own.map(({ id, hostname }) => html`<option value=${id}>${hostname}</option>`)}</datalist>
      <fieldset>
        <legend>Variables</legend>
        ${form.variables.map(variableRow)}<button class="add" @click=${addVariable}>Add variable</button>
      </fieldset>
      ${buttons(target)}
      <fieldset>
        <legend>HTTP</legend>
        ${overHttp(target)}
      </fieldset>
    </div>
    <div class="outcome" aria-live="polite">
      ${panel('Answer', html`<div class="detail">${outcome()}</div>`)}
      ${panel('What happened', html`<div class="detail">${happened(attempt?.happened ?? [])}</div>`)}
    </div>
  `;
};
