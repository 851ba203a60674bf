// The page. How its parts hang together:
// - A view is a file in `views/` that exports a `View` (view.ts) and stands in `views` below; its tab is `#/<name>`. What it
//   has chosen (filters, what is open) it keeps in the hash: the view gets it as `query`, `setQuery` (view.ts) changes it.
// - Views read `store` (store.ts) when they are rendered: `store.state` (the control API's State, kept current by events),
//   `store.events`, `store.now()` (the emulator's clock, for all that is left or over), `store.connection`. What else they
//   keep is a variable of their module; after a change of it they call `update()`, and the page is rendered with the next
//   frame. It is also rendered after each click, key and entry, and four times a second, so a view computes times and asks
//   for nothing.
// - Requests: `api.get/post/delete('faults')` for the control API, `send(method, '/v1/…')` for the rest (api.ts),
//   `follow` for streams (streams.ts). A `Task` (view.ts) is work that may fail; failures are shown by `problem(error)`.
//   `store.onEvent(listener)` gets each event as it comes.
// - Templates are lit.ts's `html`: texts are escaped, and there is no way to write markup. The Content-Security-Policy
//   refuses `style="…"`; set custom properties as `.style=${`--over: ${x}`}` and let style.css do the rest.
// - style.css has the tokens (`--text`, `--muted`, `--line`, `--raised`, a colour for each state) and plain classes:
//   `.panel`, `.empty`, `.hint`, `.problem`, `.mono`, `.cell.<state>`, `button.primary`, `button.danger`. A view's own
//   rules stand in `views/<name>.css` below its class on `main`: `.view.<name>`.
import { api, linkCode } from './api.ts';
import { type Content, emptyState, problem } from './components.ts';
import { html, nothing, render } from './lit.ts';
import type { Schemas, State } from './model.ts';
import { store } from './store.ts';
import { secondsText, timeText } from './times.ts';
import { hashOf, readRoute, setDraw, Task, update, type View } from './view.ts';
import { events } from './views/events.ts';
import { faults } from './views/faults.ts';
import { functions } from './views/functions.ts';
import { instancePanel } from './views/instance.ts';
import { requests } from './views/requests.ts';
import { timeline } from './views/timeline.ts';
import { attempts } from './views/try.ts';

const views: Readonly<Record<string, View>> = { functions, timeline, requests, try: attempts, faults, events };

/** How often what shows passing time is rendered, though nothing has happened. */
const tickMs = 250;

const unlock = (event: SubmitEvent): void => {
  event.preventDefault();
  const input = (event.currentTarget as HTMLFormElement).elements.namedItem('key') as HTMLInputElement;
  store.unlock(input.value);
  input.value = '';
};

const keyForm = (): Content => html`
  <main class="lock">
    <form class="panel form" @submit=${unlock}>
      <h1>Scheduler emulator</h1>
      <label>
        Access key
        <input name="key" type="password" autocomplete="off" required autofocus aria-describedby="key-hint" />
      </label>
      ${problem(store.reason)}
      <p id="key-hint" class="hint">
        One of the stack’s access keys. It stays in this tab. <code>cycle-scheduler start</code> prints a link that brings it
        along.
      </p>
      <button class="primary">Open</button>
    </form>
  </main>
`;

const notice = (): Content => {
  if (store.connection === 'gone')
    return html`<p class="notice gone" role="status">
      The emulator is gone: ${store.reason}. What is shown is how it was; the page connects again by itself.
    </p>`;
  if (!store.restarted) return nothing;
  const dismiss = (): void => {
    store.restarted = false;
  };
  return html`<p class="notice" role="status">
    Another emulator answers now: session ${store.state?.session}. <button @click=${dismiss}>OK</button>
  </p>`;
};

const task = new Task();

/** One after the other; what goes wrong is said in the strip until the next. */
const act = async (work: () => Promise<unknown>): Promise<void> => {
  if (task.isBusy) return;
  await task.run(work);
  store.reloadSoon();
};

const moveClock = (path: string, body?: object) => () =>
  act(async () => store.setClock(await api.post<Schemas['Clock']>(`clock/${path}`, body)));

const reset = () => act(() => api.post('reset'));

const confirmReset = (): void => document.querySelector<HTMLDialogElement>('#confirm-reset')?.showModal();

const readiness = (state: State): Content => {
  if (store.connection === 'gone') return html`<span class="status gone">gone</span>`;
  if (state.ready) return html`<span class="status ready">ready</span>`;
  return html`<span class="status waiting">not ready</span> <span class="reason">${state.reason ?? ''}</span>`;
};

const clock = (state: State): Content => {
  const { next_deadline: next } = state.clock;
  const left = next == null ? null : Date.parse(next) - store.now();
  const isOff = task.isBusy || store.connection !== 'live';
  return html`
    <div class="clock" role="group" aria-label="Clock">
      <time class=${store.frozen ? 'frozen' : ''}>${timeText(store.now())}</time>
      <button @click=${moveClock(store.frozen ? 'resume' : 'freeze')} ?disabled=${isOff}>
        ${store.frozen ? 'Resume' : 'Freeze'}
      </button>
      <button @click=${moveClock('advance', { ms: 1_000 })} ?disabled=${isOff}>+1 s</button>
      <button @click=${moveClock('advance', { ms: 10_000 })} ?disabled=${isOff}>+10 s</button>
      <button
        @click=${moveClock('advance', { to: 'next_deadline' })}
        ?disabled=${isOff || left === null}
        title="To the next moment at which time alone changes something"
      >
        To next deadline<span class="left">${left === null ? '' : ` ${secondsText(left)}`}</span>
      </button>
    </div>
  `;
};

/** Whose state is shown, how it is, and its clock. */
const strip = (state: State): Content => html`
  <header class="strip">
    <h1>Scheduler emulator</h1>
    <div class="about" role="group" aria-label="Emulator">
      ${readiness(state)}
      <dl>
        <div><dt>Engine</dt><dd title=${state.engine ?? ''}>${shortEngine(state.engine ?? '')}</dd></div>
        <div><dt>Session</dt><dd>${state.session}</dd></div>
        <div><dt>Up</dt><dd>${secondsText(store.uptimeMs)}</dd></div>
      </dl>
    </div>
    ${clock(state)}
    <button class="danger" @click=${confirmReset} ?disabled=${task.isBusy || store.connection !== 'live'}>Reset…</button>
    ${problem(task.failure)}
    <dialog id="confirm-reset" aria-labelledby="confirm-reset-title">
      <form method="dialog">
        <h2 id="confirm-reset-title">Back to how it began?</h2>
        <p>All claims and runs end, pools get their first size, and only the stack’s faults stay set.</p>
        <menu>
          <button autofocus>Cancel</button>
          <button class="danger" @click=${reset}>Reset</button>
        </menu>
      </form>
    </dialog>
  </header>
`;

/** Without where it is and who chose that, which the tooltip says. */
const shortEngine = (engine: string): string => engine.replace(/ \(API.*|: no containers run$/, '');

const page = (): Content => {
  if (store.connection === 'locked') return keyForm();
  const { state } = store;
  if (state === null) {
    const text = store.connection === 'gone' ? `The emulator is gone: ${store.reason}.` : 'Loading…';
    return html`<main role="status">${emptyState(text)}</main>`;
  }
  const { view, query } = readRoute();
  const shown = Object.hasOwn(views, view) ? view : 'functions';
  const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
  const instance = query.get('instance');
  return html`
    ${strip(state)}
    <nav aria-label="Views">
      ${Object.keys(views).map(
        (name) => html`<a href=${hashOf(name)} aria-current=${name === shown ? 'page' : nothing}>${titleOf(name)}</a>`,
      )}
    </nav>
    ${notice()}
    <div class=${store.connection === 'gone' ? 'body gone' : 'body'}>
      <main class="view ${shown}" aria-label=${titleOf(shown)}>${views[shown]?.(query)}</main>
      ${instance === null ? nothing : instancePanel(instance)}
    </div>
  `;
};

document.body.replaceChildren();
setDraw(() => render(page(), document.body));
for (const entry of ['click', 'input', 'change', 'keydown']) document.body.addEventListener(entry, update);
addEventListener('hashchange', () => {
  // A tab that shows the page already does not load it for another link.
  if (linkCode() === undefined) update();
  else void store.open();
});
document.addEventListener('visibilitychange', () => store.reloadSoon());
setInterval(() => {
  if (!document.hidden && store.state !== null) update();
}, tickMs);
void store.watchClock();
void store.open();
