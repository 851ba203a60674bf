import { api } from './api.ts';
import { type Content, durationText, problem, secondsText, timeText } from './components.ts';
import { html } from './lit.ts';
import type { Schemas, State } from './model.ts';
import { store } from './store.ts';
import { update } from './view.ts';

let isBusy = false;
let failure: unknown = null;

/** One after the other; what goes wrong is said in the strip until the next. */
const act = async (work: () => Promise<unknown>): Promise<void> => {
  if (isBusy) return;
  isBusy = true;
  failure = null;
  update();
  try {
    await work();
  } catch (error) {
    failure = error;
  } finally {
    isBusy = false;
    store.reloadSoon();
    update();
  }
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
  const isOff = isBusy || store.connection !== 'live';
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
export const strip = (state: State): Content => html`
  <header class="strip">
    <h1>Scheduler emulator</h1>
    <div class="about" role="group" aria-label="Emulator">
      ${readiness(state)}
      <dl>
        <div><dt>Engine</dt><dd title=${state.engine ?? ''}>${shortEngine(state.engine ?? '')}</dd></div>
        <div><dt>Session</dt><dd>${state.session}</dd></div>
        <div><dt>Up</dt><dd>${durationText(store.uptimeMs).replace(/\.\d/, '')}</dd></div>
      </dl>
    </div>
    ${clock(state)}
    <button class="danger" @click=${confirmReset} ?disabled=${isBusy || store.connection !== 'live'}>Reset…</button>
    ${problem(failure)}
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
