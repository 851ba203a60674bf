// The page. How its parts hang together:
// - A view is a file in `views/` that exports a `View` (view.ts) and stands in `views` below; its tab is `#/<name>`. What it
//   has chosen (filters, what is open) it keeps in the hash: `render(query)` gets it, `setQuery` (route.ts) changes it.
// - Views read `store` (store.ts) when they are rendered: `store.state` (the control API's State, kept current by events),
//   `store.events`, `store.now()` (the emulator's clock, for all that is left or over), `store.connection`. What else they
//   keep is a variable of their module; after a change of it they call `update()`, and the page is rendered with the next
//   frame. It is also rendered four times a second, so `render` computes times and asks for nothing.
// - Requests: `api.get/post/delete('faults')` for the control API, `send(method, '/v1/…')` for the rest (api.ts),
//   `readEvents` for streams (event-stream.ts). Failures are shown by `problem(error)`; `store.onEvent(listener)` gets each
//   event as it comes.
// - Templates are lit.ts's `html`: texts are escaped, and there is no way to write markup. The Content-Security-Policy
//   refuses `style="…"`; set custom properties as `.style=${`--over: ${x}`}` and let style.css do the rest.
// - style.css has the tokens (`--text`, `--muted`, `--line`, `--raised`, a colour for each state) and plain classes:
//   `.panel`, `.empty`, `.hint`, `.problem`, `.mono`, `.cell.<state>`, `button.primary`, `button.danger`. A view's own
//   rules stand in `views/<name>.css` below its class on `main`: `.view.<name>`.
import { linkCode } from './api.ts';
import { type Content, emptyState, problem } from './components.ts';
import { html, nothing, render } from './lit.ts';
import { hashOf, readRoute } from './route.ts';
import { store } from './store.ts';
import { strip } from './strip.ts';
import { changing, setDraw, update, type View } from './view.ts';
import { events } from './views/events.ts';
import { faults } from './views/faults.ts';
import { functions } from './views/functions.ts';
import { instancePanel } from './views/instance.ts';
import { requests } from './views/requests.ts';
import { timeline } from './views/timeline.ts';
import { attempts } from './views/try.ts';

const views: readonly View[] = [functions, timeline, requests, attempts, faults, events];

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
  const dismiss = changing(() => {
    store.restarted = false;
  });
  return html`<p class="notice" role="status">
    Another emulator answers now: session ${store.state?.session}. <button @click=${dismiss}>OK</button>
  </p>`;
};

const page = (): Content => {
  if (store.connection === 'locked') return keyForm();
  const { state } = store;
  if (state === null) {
    const text = store.connection === 'gone' ? `The emulator is gone: ${store.reason}.` : 'Loading…';
    return html`<main role="status">${emptyState(text)}</main>`;
  }
  const { view: name, query } = readRoute();
  const view = views.find((one) => one.name === name) ?? functions;
  const instance = query.get('instance');
  return html`
    ${strip(state)}
    <nav aria-label="Views">
      ${views.map(
        (one) => html`<a href=${hashOf(one.name)} aria-current=${one === view ? 'page' : nothing}>${one.title}</a>`,
      )}
    </nav>
    ${notice()}
    <div class=${store.connection === 'gone' ? 'body gone' : 'body'}>
      <main class="view ${view.name}" aria-label=${view.title}>${view.render(query)}</main>
      ${instance === null ? nothing : instancePanel(instance)}
    </div>
  `;
};

document.body.replaceChildren();
setDraw(() => render(page(), document.body));
store.onChange(update);
addEventListener('hashchange', () => {
  // A tab that shows the page already does not load it for another link.
  if (linkCode() === undefined) update();
  else void store.open();
});
document.addEventListener('visibilitychange', () => store.reloadSoon());
setInterval(() => {
  if (!document.hidden && store.state !== null) update();
}, tickMs);
store.watchClock();
void store.open();
