import { api } from '../api.ts';
import { type Content, entered, field, panel, problem, stateWords } from '../components.ts';
import { html, nothing, ref } from '../lit.ts';
import { readinessOf, type Schemas } from '../model.ts';
import { OutputFollower } from '../output-follower.ts';
import { bothStreams, type OutputLine, type StreamName, selectLines } from '../output-lines.ts';
import { RowList } from '../rows.ts';
import { store } from '../store.ts';
import { durationText, secondsText, timeText } from '../times.ts';
import { setQuery, Task, update } from '../view.ts';

type Details = Schemas['InstanceDetails'];

/** What is known of the instance that is open, and what it prints. */
class OpenInstance {
  readonly id: string;
  readonly follower: OutputFollower;
  readonly list = new RowList<OutputLine>(18, 'last');
  readonly streams = new Set<StreamName>(bothStreams);
  readonly loading = new Task();
  search = '';
  details: Details | null = null;
  readonly #leave: () => void;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string) {
    this.id = id;
    this.follower = new OutputFollower(id, update);
    this.#leave = store.onEvent((event) => {
      if (event.instance_id === id) this.#loadSoon();
    });
    this.#loadSoon();
  }

  /** Loads the details, once for all that happens meanwhile. */
  #loadSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.loading.run(async () => {
        this.details = await api.get<Details>(`instances/${this.id}`);
      });
    }, 50);
  }

  close(): void {
    this.#leave();
    this.follower.close();
  }
}

let open: OpenInstance | null = null;

/** What had the focus before the panel was opened, and gets it back. */
let before: Element | null = null;

const whileShown = (element: Element | undefined): void => {
  if (element !== undefined) {
    addEventListener('keydown', closeOnEscape);
    before = document.activeElement;
    // It is not in the document yet.
    queueMicrotask(() => (element as HTMLElement).focus());
    return;
  }
  removeEventListener('keydown', closeOnEscape);
  open?.close();
  open = null;
  if (before instanceof HTMLElement && before.isConnected) before.focus();
};

const close = (): void => setQuery({ instance: null });

/** Wherever the focus is, but for a dialog, which Escape closes first. */
const closeOnEscape = ({ key }: KeyboardEvent): void => {
  if (key === 'Escape' && document.querySelector('dialog[open]') === null) close();
};

const ports = ({ published_ports: published }: Schemas['Instance']): Content | null => {
  const all = Object.entries(published);
  if (all.length === 0) return null;
  return html`${all.map(
    ([inside, outside]) => html`
      <a href=${`http://${location.hostname}:${outside}/`} target="_blank" rel="noreferrer">${outside} → ${inside}</a>
    `,
  )}`;
};

/** Only a run is checked: of an instance that waits there is nothing to say. */
const finding = (found: Schemas['Finding'] | null, [good, bad]: readonly [string, string]): string | null =>
  found?.passed == null ? null : `${found.passed ? good : bad} since ${timeText(found.at)}`;

/** A time, and how long after the one before. */
const moment = (at: string | null, before: string | null): string | null => {
  if (at === null) return null;
  const after = before === null ? '' : ` (after ${durationText(Date.parse(at) - Date.parse(before))})`;
  return `${timeText(at, true)}${after}`;
};

const stopReasons = { release: 'released', 'max-runtime': 'stopped at max_runtime', health: 'ended for its health' };

const endOf = ({ exit, stopped_for: reason, failure }: Schemas['LatestRun']): string | null => {
  if (failure !== null) return `did not start: ${failure}`;
  if (exit === null) return null;
  const words = [exit.code === null ? 'exit code unknown' : `exit code ${exit.code}`];
  if (exit.out_of_memory) words.push('killed for lack of memory');
  words.push(reason === null ? 'ended by itself' : stopReasons[reason]);
  return words.join(', ');
};

const runOf = (run: Schemas['LatestRun']): Content => html`
  ${field('Claimed', moment(run.claimed_at, null))} ${field('Spawned', moment(run.starting_at, run.claimed_at))}
  ${field('Running', moment(run.running_at, run.starting_at))}
  ${field('Stopping', moment(run.stopping_at, run.running_at))}
  ${field('Ended', moment(run.ended_at, run.running_at ?? run.starting_at ?? run.claimed_at))}
  ${field('Exit', endOf(run))}
`;

const stateOf = (instance: Schemas['Instance']): string => {
  const { state, since, deadline, origin } = instance;
  const now = store.now();
  const how = [stateWords[state], readinessOf(instance)].filter((word) => word !== '').join(' and ');
  const words = [`${how} for ${secondsText(now - Date.parse(since))}`];
  if (deadline != null) words.push(`${secondsText(Date.parse(deadline) - now)} left`);
  if (origin === 'linked') words.push('for a request over HTTP');
  return words.join(', ');
};

const facts = ({
  instance,
  function: name,
  run,
  variable_names: variables,
  readiness,
  health,
}: Details): Content => html`
  <dl class="facts">
    ${field('State', stateOf(instance))} ${field('Function', name)} ${field('ID', html`<code>${instance.id}</code>`)}
    ${field('IPv4', html`<code>${instance.ipv4}</code>`)}
    ${field('IPv6', instance.ipv6 && html`<code>${instance.ipv6}</code>`)}
    ${field('MAC', html`<code>${instance.mac_addr}</code>`)} ${field('Ports', ports(instance))}
    ${field('Readiness', finding(readiness, ['ready', 'not ready']))}
    ${field('Health', finding(health, ['healthy', 'unhealthy']))} ${run === null ? nothing : runOf(run)}
  </dl>
  ${
    variables === null
      ? nothing
      : html`<details>
          <summary>${variables.length} variables of the latest run; their values are not shown</summary>
          <ul class="variables">${variables.toSorted().map((variable) => html`<li><code>${variable}</code></li>`)}</ul>
        </details>`
  }
`;

const line = ({ stream, text }: OutputLine): Content =>
  html`<span class="output ${stream}">${stream === 'stderr' ? html`<span class="hidden">stderr: </span>` : nothing}${text}</span>`;

const outputOf = (one: OpenInstance): Content => {
  const { list, streams } = one;
  const { output, status } = one.follower;
  const kept = output.lines;
  const all = list.hold(kept);
  const shown = selectLines(all, [...streams], one.search);
  const search = (event: Event): void => {
    one.search = entered(event);
  };
  const toggle = (stream: StreamName) => () => streams.delete(stream) || streams.add(stream);
  return html`
    <h3>Output of the latest run</h3>
    <div class="tools">
      <input type="search" placeholder="Search" aria-label="Search the output" .value=${one.search} @input=${search} />
      ${bothStreams.map(
        (stream) => html`<label>
          <input type="checkbox" .checked=${streams.has(stream)} @change=${toggle(stream)} /> ${stream}
        </label>`,
      )}
      ${list.buttons(all === kept ? null : 'Follow ↓')}
    </div>
    <p class="hint">
      ${shown.length === all.length ? all.length : `${shown.length} of ${all.length}`} lines${
        output.dropped > 0 ? `; ${output.dropped} before them are not kept here` : ''
      }. ${one.details?.run === null ? 'It has not run yet; that of its first run follows.' : status}
    </p>
    ${list.render({ items: shown, label: 'Output', row: line })}
  `;
};

/** Beside any view, while the hash names an instance: `?instance=<id>`. */
export const instancePanel = (id: string): Content => {
  if (open?.id !== id) {
    open?.close();
    open = new OpenInstance(id);
  }
  const { details, loading } = open;
  return html`
    <aside class="instance" aria-label="Instance" tabindex="-1" ${ref(whileShown)}>
      ${panel(
        details?.instance.hostname ?? id,
        html`${problem(loading.failure)} ${details === null ? nothing : facts(details)} ${outputOf(open)}`,
        html`<button @click=${close}>Close</button>`,
      )}
    </aside>
  `;
};
