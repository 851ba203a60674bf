import { ApiError, api } from '../api.ts';
import { type Content, panel, problem, timeText } from '../components.ts';
import { copyable } from '../copyable.ts';
import { curlOf, readBody } from '../curl.ts';
import { html, nothing } from '../lit.ts';
import { askedFor } from '../request-filters.ts';
import type { Logged } from '../request-log.ts';
import { hashOf, setQuery } from '../route.ts';
import {
  type Answer,
  call,
  instanceOf,
  newToken,
  ownTokenOf,
  schedulerElsewhere,
  schedulerUrl,
} from '../scheduler-calls.ts';
import { store } from '../store.ts';
import { update } from '../view.ts';

type Sent = { readonly text: string; readonly answer?: Answer };

/** The one that is shown. */
let shown: {
  readonly id: number;
  readonly session: string | undefined;
  readonly token: string;
  request: Logged | null;
  problem: unknown;
  sent: Sent[];
} | null = null;

export const statusText = ({ status, code }: Logged): string =>
  status === null ? 'no answer' : [status, code?.replace(/^\d+\./, '')].filter(Boolean).join(' ');

const load = async (id: number): Promise<void> => {
  const one = { id, session: store.state?.session, token: newToken(), request: null, problem: null, sent: [] };
  const loading: NonNullable<typeof shown> = one;
  shown = loading;
  try {
    loading.request = await api.get<Logged>(`requests/${id}`);
  } catch (error) {
    loading.problem = error instanceof ApiError && error.status === 404 ? error.message : error;
  }
  update();
};

/** Sends it again; a claim's token is a new one, as the old one is shown nowhere. */
const sendAgain = async (request: Logged, sent: Sent[]): Promise<void> => {
  const say = (text: string, answer?: Answer): void => {
    sent.push({ text, ...(answer && { answer }) });
    update();
  };
  const body = readBody(request);
  if ('reason' in body) return say(body.reason);
  const { method, path, operation, instance } = request;
  const token = newToken();
  const post = (to: string, json?: object) => call(method, to, json);
  try {
    if (body.value === null) say('Sent again.', await post(path));
    else if (operation === 'spawnInstance') {
      const claimed = await post(path.replace(/spawn$/, 'claim'), { token });
      const instance_id = instanceOf(claimed);
      say(`An instance was claimed first, with the new token ${token}.`, claimed);
      if (instance_id !== null)
        say('Spawned with the same variables.', await post(path, { ...body.value, token, instance_id }));
    } else if (operation === 'releaseInstance') {
      const own = ownTokenOf(instance);
      if (own === undefined)
        say('It was sent with a token that is not shown, and this page holds no claim on the instance.');
      else say('Sent again, with the token of this page’s claim.', await post(path, { ...body.value, token: own }));
    } else say(`Sent again, with the new token ${token}.`, await post(path, { ...body.value, token }));
  } catch (error) {
    say(error instanceof Error ? `No answer: ${error.message}.` : String(error));
  }
};

/** Why the page cannot send it; null where it can. */
const whyNot = (request: Logged): string | null => {
  if (request.origin === 'linked')
    return 'The gateway is another origin, which a page may not ask. Copy the line for curl.';
  const url = schedulerElsewhere();
  if (url !== null) return `The Scheduler API is at ${url}, another origin. Copy the line for curl.`;
  const body = readBody(request);
  return 'reason' in body ? body.reason : null;
};

export const jsonText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);

const pretty = (text: string): string => {
  try {
    return jsonText(JSON.parse(text));
  } catch {
    return text;
  }
};

const bodyOf = (title: string, body: Logged['request']): Content => {
  if (body == null) return html`<h3>${title}</h3><p class="hint">No body.</p>`;
  const { text, base64, omitted, complete } = body;
  if (omitted !== undefined) return html`<h3>${title}</h3><p class="hint">${omitted}</p>`;
  return html`
    <h3>${title}</h3>
    <pre tabindex="0" aria-label=${title}>${pretty(text ?? base64 ?? '')}</pre>
    ${text === undefined ? html`<p class="hint">Not text: shown as base64.</p>` : nothing}
    ${complete ? nothing : html`<p class="hint">Not all of it is here.</p>`}
  `;
};

export const answerPart = ({ status, ms, body }: Answer): Content => html`
  <p class="status-${Math.floor(status / 100)}">${status} after ${ms.toFixed(0)} ms</p>
  <pre tabindex="0" aria-label="Answer">${jsonText(body)}</pre>
`;

const facts = (request: Logged): Content => {
  const { id, at, method, host = '', path, duration_ms, instance, fault, ending, reason } = request;
  const fact = (name: string, value: Content) => html`<dt>${name}</dt><dd>${value}</dd>`;
  return html`<dl class="facts">
    ${fact('Request', `${id}, at ${timeText(at, true)}`)}
    ${fact('Target', html`<code>${method} ${host}${path}</code>`)}
    ${fact('Status', `${statusText(request)} after ${duration_ms.toFixed(1)} ms`)}
    ${instance === null ? nothing : fact('Instance', html`<a href=${hashOf('requests', { instance })}><code>${instance}</code></a>`)}
    ${fault === undefined ? nothing : fact('Fault', html`<a href=${hashOf('faults')}>${fault}</a>`)}
    ${ending === undefined ? nothing : fact('Ending', [ending, reason].filter(Boolean).join(': '))}
  </dl>`;
};

const actions = (request: Logged, token: string, sent: Sent[]): Content => {
  const reason = whyNot(request);
  const urls = { scheduler: schedulerUrl(), gateway: store.state?.gateway?.url ?? null };
  const line = curlOf(request, urls, token);
  return html`
    <div class="actions">
      <button ?disabled=${reason !== null} @click=${() => sendAgain(request, sent)}>Send again</button>
      <span class="hint">${reason ?? 'With a new token: the old one is not shown.'}</span>
    </div>
    ${sent.map(({ text, answer }) => html`<div class="sent" role="status">${text} ${answer === undefined ? nothing : answerPart(answer)}</div>`)}
    <h3>As curl</h3>
    ${'reason' in line ? html`<p class="hint">${line.reason}</p>` : copyable(line.value)}
  `;
};

const close = (): void => setQuery({ request: null });

export const requestDetail = (id: number): Content => {
  if (shown?.id !== id || shown.session !== store.state?.session) void load(id);
  const { request = null, problem: failure = null, token = '', sent = [] } = shown ?? {};
  const content = html`<div class="detail">${problem(failure)} ${
    request === null
      ? nothing
      : html`${facts(request)} ${actions(request, token, sent)}
          ${bodyOf('Request', request.request)} ${bodyOf('Answer', request.response)}`
  }</div>`;
  return panel(
    request === null ? `Request ${id}` : askedFor(request),
    content,
    html`<button @click=${close}>Close</button>`,
  );
};
