import { type Content, emptyState, panel, timeText } from '../components.ts';
import { copyable } from '../copyable.ts';
import { curlLine, schedulerCurl, shellQuote } from '../curl.ts';
import { html, nothing } from '../lit.ts';
import type { EmulatorEvent, EmulatorFunction } from '../model.ts';
import { hashOf, setQuery } from '../route.ts';
import * as scheduler from '../scheduler-calls.ts';
import { store } from '../store.ts';
import { update, type View } from '../view.ts';
import { answerPart } from './request-detail.ts';

type Operation = 'claim' | 'spawn' | 'release' | 'invoke';

/** What stands in the form. */
const form = { token: scheduler.newToken(), instance: '', path: '/', variables: [{ name: '', value: '' }] };

/** The last attempt: what was answered, and since when to look at events. */
let attempt: {
  readonly operation: Operation;
  readonly containerId: string;
  readonly since: number;
  readonly cancel: AbortController;
  answer: scheduler.Answer | null;
  failure: string | null;
} | null = null;

const variables = (): Record<string, string> =>
  Object.fromEntries(form.variables.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]));

const bodyOf = (operation: Operation): object => {
  const { token, instance: instance_id } = form;
  if (operation === 'claim') return { token };
  if (operation === 'invoke') return { token, env: variables() };
  const runtime = { runtime_variables: { environment_variables: variables() } };
  return { token, instance_id, ...(operation === 'spawn' ? runtime : {}) };
};

const pathFor = ({ name, container_id }: EmulatorFunction, operation: Operation): string =>
  operation === 'invoke'
    ? `/_emulator/functions/${encodeURIComponent(name)}/invoke`
    : scheduler.pathOf(container_id, operation);

const run = async (target: EmulatorFunction, operation: Operation): Promise<void> => {
  const { container_id: containerId } = target;
  const cancel = new AbortController();
  const since = store.events.at(-1)?.cursor ?? 0;
  const own: NonNullable<typeof attempt> = { operation, containerId, since, cancel, answer: null, failure: null };
  attempt = own;
  update();
  try {
    own.answer = await scheduler.call('POST', pathFor(target, operation), bodyOf(operation), cancel.signal);
    if (operation === 'claim') form.instance = scheduler.instanceOf(own.answer) ?? form.instance;
  } catch (error) {
    own.failure = cancel.signal.aborted ? 'Cancelled: the page has hung up.' : `No answer: ${error}`;
  }
  update();
};

const input = (name: 'token' | 'instance' | 'path', label: string, more: Content = nothing): Content => html`
  <label>
    ${label}
    <span class="with-button">
      <input
        .value=${form[name]}
        list=${name === 'instance' ? 'own-instances' : nothing}
        spellcheck="false"
        autocomplete="off"
        @input=${(event: Event) => {
          form[name] = (event.target as HTMLInputElement).value;
          update();
        }}
      />${more}
    </span>
  </label>
`;

const renewToken = (): void => {
  form.token = scheduler.newToken();
  update();
};

const variableRows = (): Content => {
  const change = (index: number, field: 'name' | 'value') => (event: Event) => {
    const row = form.variables[index];
    if (row !== undefined) row[field] = (event.target as HTMLInputElement).value;
  };
  const cell = (index: number, field: 'name' | 'value', value: string) => html`
    <input
      aria-label=${`${field === 'name' ? 'Name' : 'Value'} of variable ${index + 1}`}
      placeholder=${field === 'name' ? 'NAME' : 'value'}
      spellcheck="false"
      .value=${value}
      @input=${change(index, field)}
    />
  `;
  const remove = (index: number) => () => {
    form.variables.splice(index, 1);
    update();
  };
  const add = () => {
    form.variables.push({ name: '', value: '' });
    update();
  };
  return html`
    <fieldset>
      <legend>Variables</legend>
      ${form.variables.map(
        ({ name, value }, index) => html`<div class="variable">
          ${cell(index, 'name', name)} ${cell(index, 'value', value)}
          <button type="button" aria-label=${`Remove variable ${index + 1}`} @click=${remove(index)}>×</button>
        </div>`,
      )}
      <button type="button" @click=${add}>Add variable</button>
    </fieldset>
  `;
};

const buttons = (target: EmulatorFunction): Content => {
  const isElsewhere = scheduler.schedulerElsewhere() !== null;
  const isBusy = attempt !== null && attempt.answer === null && attempt.failure === null;
  const button = (operation: Operation, label: string, isOff: boolean) => html`
    <button type="button" ?disabled=${isBusy || isOff} @click=${() => run(target, operation)}>${label}</button>
  `;
  const needsInstance = form.instance === '';
  return html`
    <div class="actions">
      ${button('claim', 'Claim', isElsewhere)} ${button('spawn', 'Spawn', isElsewhere || needsInstance)}
      ${button('release', 'Release', isElsewhere || needsInstance)} ${button('invoke', 'Invoke', false)}
      ${isBusy ? html`<button type="button" class="danger" @click=${() => attempt?.cancel.abort()}>Cancel</button>` : nothing}
    </div>
    <p class="hint">
      ${
        isElsewhere
          ? `The Scheduler API is at ${scheduler.schedulerElsewhere()}, another origin, which a page may not ask: the lines below do. Invoke goes by the control API.`
          : 'Invoke claims, spawns, waits for the end and releases.'
      }
    </p>
  `;
};

const asCurl = ({ container_id }: EmulatorFunction): Content => {
  const url = (operation: string) => scheduler.schedulerUrl() + scheduler.pathOf(container_id, operation);
  const line = (operation: 'claim' | 'spawn' | 'release') => schedulerCurl('POST', url(operation), bodyOf(operation));
  const isElsewhere = scheduler.schedulerElsewhere() !== null;
  return html`<details ?open=${isElsewhere}>
    <summary>As curl</summary>
    ${copyable(line('claim'))} ${form.instance === '' ? nothing : html`${copyable(line('spawn'))} ${copyable(line('release'))}`}
  </details>`;
};

const overHttp = ({ name }: EmulatorFunction): Content => {
  const { gateway = null, no_gateway } = store.state ?? {};
  const domains = gateway?.domains.filter((one) => one.function === name) ?? [];
  const [first] = domains;
  if (gateway === null || first === undefined) {
    return html`<p class="hint">${name} is not reached over HTTP: ${no_gateway ?? 'it has no public port'}.</p>`;
  }
  const path = form.path.startsWith('/') ? form.path : `/${form.path}`;
  const { port } = new URL(gateway.url);
  return html`
    ${input('path', 'Path')}
    ${copyable(curlLine({ method: 'GET', url: gateway.url + path, headers: [shellQuote(`Host: ${first.domain}`)] }))}
    ${copyable(`cycle-scheduler fetch ${shellQuote(name)} ${shellQuote(path)}`)}
    <p class="hint">
      The gateway is another origin, which a page may not ask.
      ${
        /(?:^|\.)localhost$/.test(first.domain)
          ? html`<a href=${`http://${first.domain}:${port}${path}`} target="_blank" rel="noreferrer">Open it in a tab</a>, or
              take a line from above;`
          : 'Take a line from above;'
      }
      <a href=${hashOf('requests', { function: name })}>Requests</a> shows what came of it.
    </p>
  `;
};

/** What an event says beside its name and what it is about. */
const details = ({
  cursor: _c,
  name: _n,
  at: _a,
  container_id: _f,
  instance_id: _i,
  ...rest
}: EmulatorEvent): string => (Object.keys(rest).length === 0 ? '' : JSON.stringify(rest));

const mostEvents = 100;

const happened = (): Content => {
  if (attempt === null) return nothing;
  const { since, containerId, answer } = attempt;
  const instance =
    answer === null ? null : (scheduler.instanceOf(answer) ?? (attempt.operation === 'claim' ? null : form.instance));
  const events = store.events
    .filter(({ cursor, container_id }) => cursor > since && container_id === containerId)
    .filter(({ instance_id: id }) => instance === null || instance === '' || id == null || id === instance)
    .slice(0, mostEvents);
  if (events.length === 0) return html`<p class="hint">Nothing yet.</p>`;
  return html`<ol class="happened">
    ${events.map(
      (event) =>
        html`<li><time class="mono">${timeText(event.at, true)}</time> ${event.name} <code>${details(event)}</code></li>`,
    )}
  </ol>`;
};

const outcome = (): Content => {
  if (attempt === null) return html`<p class="hint">Nothing has been sent yet.</p>`;
  if (attempt.failure !== null) return html`<p class="problem">${attempt.failure}</p>`;
  return attempt.answer === null ? html`<p class="hint">Waiting for the answer…</p>` : answerPart(attempt.answer);
};

export const attempts: View = {
  name: 'try',
  title: 'Try',
  render: (query) => {
    const all = store.state?.functions ?? [];
    const target = all.find(({ name }) => name === query.get('function')) ?? all[0];
    if (target === undefined) return emptyState('The stack has no functions.');
    const choose = (event: Event): void => {
      form.instance = '';
      setQuery({ function: (event.target as HTMLSelectElement).value });
    };
    const own = target.instances.filter(({ id }) => scheduler.ownTokenOf(id) !== undefined);
    return html`
      <form @submit=${(event: Event) => event.preventDefault()}>
        <label>
          Function
          <select @change=${choose}>
            ${all.map(({ name }) => html`<option ?selected=${name === target.name}>${name}</option>`)}
          </select>
        </label>
        ${input('token', 'Token', html`<button type="button" @click=${renewToken}>New</button>`)}
        ${input('instance', 'Instance (what a claim answers)')}
        <datalist id="own-instances">${own.map(({ id, hostname }) => html`<option value=${id}>${hostname}</option>`)}</datalist>
        ${variableRows()} ${buttons(target)} ${asCurl(target)}
        <fieldset><legend>HTTP</legend>${overHttp(target)}</fieldset>
      </form>
      <div class="outcome" aria-live="polite">
        ${panel('Answer', html`<div>${outcome()}</div>`)} ${panel('What happened', html`<div>${attempt === null ? html`<p class="hint">Events since then stand here.</p>` : happened()}</div>`)}
      </div>
    `;
  },
};
