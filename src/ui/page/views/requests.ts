import { api } from '../api.ts';
import { asIs, type Content, copyable, emptyState, field, panel, problem } from '../components.ts';
import { curlOf, readBody } from '../curl.ts';
import { choiceFilter, functionFilter, textFilter } from '../filters.ts';
import { html, nothing } from '../lit.ts';
import type { Logged } from '../model.ts';
import { askedFor, functionIdOf, matches } from '../request-filters.ts';
import { requestLog } from '../request-log.ts';
import { RowList } from '../rows.ts';
import * as scheduler from '../scheduler-calls.ts';
import { store } from '../store.ts';
import { timeText } from '../times.ts';
import { hashOf, setQuery, Task, update, type View } from '../view.ts';
import { readNames } from './events.ts';

/** What was sent again, and what came of it. */
type Sent = { readonly text: string; readonly answer?: scheduler.Answer };

class OpenRequest {
  readonly session = store.state?.session;
  readonly token = scheduler.newToken();
  readonly sent: Sent[] = [];
  readonly loading = new Task();
  readonly id: number;
  request: Logged | null = null;

  constructor(id: number) {
    this.id = id;
    void this.loading.run(async () => {
      this.request = await api.get<Logged>(`requests/${id}`);
    });
  }
}

let shown: OpenRequest | null = null;

const statusText = ({ status, code }: Logged): string =>
  status === null ? 'no answer' : [status, code?.replace(/^\d+\./, '')].filter(Boolean).join(' ');

/** Sends it again: a claim with a new token, a spawn after a claim of its own, a release where this page has claimed. */
async function* sendAgain({ method, path, operation, instance }: Logged, body: object | null): AsyncGenerator<Sent> {
  const token = scheduler.newToken();
  const send = (json?: object, to = path) => scheduler.call(method, to, json);
  if (body === null) yield { text: 'Sent again.', answer: await send() };
  else if (operation === 'spawnInstance') {
    const claimed = await send({ token }, path.replace(/spawn$/, 'claim'));
    yield { text: `Claimed first, with the new token ${token}.`, answer: claimed };
    const instance_id = scheduler.instanceOf(claimed);
    if (instance_id !== null)
      yield { text: 'Spawned with the same variables.', answer: await send({ ...body, token, instance_id }) };
  } else if (operation === 'releaseInstance') {
    const own = scheduler.ownTokenOf(instance);
    if (own === undefined) yield { text: 'Its token is not shown, and this page holds no claim on the instance.' };
    else yield { text: 'Sent with the token of this page’s claim.', answer: await send({ ...body, token: own }) };
  } else yield { text: `Sent with the new token ${token}.`, answer: await send({ ...body, token }) };
}

const repeat = async (request: Logged, body: object | null, sent: Sent[]): Promise<void> => {
  try {
    for await (const one of sendAgain(request, body)) {
      sent.push(one);
      update();
    }
  } catch (error) {
    sent.push({ text: `No answer: ${error}` });
  }
  update();
};

const bodyPart = (title: string, body: Logged['request']): Content => {
  const { text, base64, omitted, complete = true } = body ?? { omitted: 'No body.' };
  const hints = [omitted, base64 && 'No text: shown as base64.', !omitted && !complete && 'Not all of it is here.'];
  return html`
    <h3>${title}</h3>
    ${omitted === undefined ? asIs(title, text === undefined ? base64 : scheduler.parse(text)) : nothing}
    ${hints.filter(Boolean).map((hint) => html`<p class="hint">${hint}</p>`)}
  `;
};

/** Output of a run is shown as it was printed, beside the JSON that has it as one escaped line. */
export const answerPart = ({ status, ms, body }: scheduler.Answer): Content => {
  const output = (body as { data?: { logs?: { text?: string } } | null } | null)?.data?.logs?.text ?? '';
  return html`
    <p class="status-${Math.floor(status / 100)}">${status} after ${ms.toFixed(0)} ms</p>
    ${output === '' ? nothing : asIs('Output', output)} ${asIs('Answer', body)}
  `;
};

const linkTo = (instance: string, names: ReadonlyMap<string, string>): Content =>
  html`<a href=${hashOf('requests', { instance })}>${names.get(instance) ?? instance}</a>`;

const facts = (request: Logged): Content => {
  const { id, at, method, host = '', path, duration_ms, instance, fault, ending, reason } = request;
  return html`
    <dl class="facts">
      ${field('Request', `${id}, at ${timeText(at, true)}`)}
      ${field('Target', html`<code>${method} ${host}${path}</code>`)}
      ${field('Status', `${statusText(request)} after ${duration_ms.toFixed(1)} ms`)}
      ${field('Instance', instance && linkTo(instance, readNames()))}
      ${field('Fault', fault === undefined ? null : html`<a href=${hashOf('faults')}>${fault}</a>`)}
      ${field('Ending', [ending, reason].filter(Boolean).join(': '))}
    </dl>
  `;
};

/** The body to send again, or why the page cannot. */
const toSend = (request: Logged): ReturnType<typeof readBody> => {
  if (request.origin === 'linked') return { reason: scheduler.elsewhere('The gateway') };
  return scheduler.isOwnOrigin() ? readBody(request) : { reason: scheduler.elsewhere('The Scheduler API') };
};

const again = (request: Logged, { token, sent }: OpenRequest): Content => {
  const body = toSend(request);
  const urls = { scheduler: scheduler.url(), gateway: store.state?.gateway?.url ?? null };
  const line = curlOf(request, urls, token);
  return html`
    <div class="actions">
      ${
        'reason' in body
          ? html`<button disabled>Send again</button> <span class="hint">${body.reason}</span>`
          : html`<button @click=${() => repeat(request, body.value, sent)}>Send again</button>
              <span class="hint">With a new token: the old one is not shown.</span>`
      }
    </div>
    ${sent.map(
      ({ text, answer }) =>
        html`<div class="sent" role="status">${text} ${answer === undefined ? nothing : answerPart(answer)}</div>`,
    )}
    <h3>As curl</h3>
    ${'reason' in line ? html`<p class="hint">${line.reason}</p>` : copyable(line.value)}
  `;
};

const requestDetail = (id: number): Content => {
  if (shown?.id !== id || shown.session !== store.state?.session) shown = new OpenRequest(id);
  const { request, loading } = shown;
  const content =
    request === null
      ? nothing
      : html`${facts(request)} ${again(request, shown)} ${bodyPart('Request', request.request)}
          ${bodyPart('Answer', request.response)}`;
  return panel(
    request === null ? `Request ${id}` : askedFor(request),
    html`<div class="detail">${problem(loading.failure)} ${content}</div>`,
    html`<button @click=${() => setQuery({ request: null })}>Close</button>`,
  );
};

const list = new RowList<Logged>(26, 'first');

const tools = (query: URLSearchParams, all: readonly Logged[], shown: readonly Logged[]): Content => {
  const codes = all.flatMap(({ code }) => code ?? []).sort();
  const more = (requestLog.all.at(-1)?.id ?? 0) - (all.at(-1)?.id ?? 0);
  return html`
    <div class="tools" role="search" aria-label="Requests">
      ${functionFilter(query)} ${choiceFilter(query, 'status', 'Status', ['2xx', '4xx', '5xx', 'none'])}
      ${choiceFilter(query, 'code', 'Code', codes)} ${textFilter(query, 'text', 'Text')}
      ${list.buttons(more > 0 ? `${more} more ↑` : null)}
      <span class="hint" role="status">${shown.length} of ${all.length} requests</span>
    </div>
  `;
};

const row =
  (names: ReadonlyMap<string, string>, opened: number) =>
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
      <span>${instance && linkTo(instance, names)}</span>
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

export const requests: View = (query) => {
  requestLog.look();
  const names = readNames();
  const opened = Number(query.get('request') ?? 0);
  const all = list.hold(requestLog.all);
  const shown = all.filter((one) => matches(one, query, names));
  const none = all.length === 0 ? 'No request has come yet.' : 'No request fits the filters.';
  return html`
    ${tools(query, all, shown)}
    <div class="split ${opened === 0 ? '' : 'open'}" @keydown=${move}>
      ${
        shown.length === 0
          ? emptyState(none)
          : list.render({ items: shown.toReversed(), label: 'Requests', row: row(names, opened) })
      }
      ${opened === 0 ? nothing : requestDetail(opened)}
    </div>
  `;
};
