import { type Content, emptyState, stateWords } from '../components.ts';
import { html, nothing, repeat } from '../lit.ts';
import { type EmulatorFunction, type Instance, readinessOf } from '../model.ts';
import { store } from '../store.ts';
import { durationText, secondsText } from '../times.ts';
import { setQuery, type View } from '../view.ts';

/** How much of the time of a state is over, 0 to 1, and how many milliseconds are left; null where it has no end. */
const progressOf = ({ since, deadline }: Pick<Instance, 'since' | 'deadline'>) => {
  if (deadline == null) return null;
  const end = Date.parse(deadline);
  const left = Math.max(0, end - store.now());
  return { left, over: 1 - left / Math.max(1, end - Date.parse(since)) };
};

const describe = (instance: Instance, leftMs: number | undefined): string => {
  const words = [stateWords[instance.state], readinessOf(instance)];
  if (leftMs !== undefined) words.push(`${secondsText(leftMs)} left`);
  if (instance.origin === 'linked') words.push('for a request over HTTP');
  return `${instance.hostname}: ${words.filter((word) => word !== '').join(', ')}`;
};

/** No finer than one sees: each step of a cell costs the browser, and there may be a thousand cells. */
const steps = 30;

const cell = (instance: Instance, isFirst: boolean): Content => {
  const progress = progressOf(instance);
  const over = progress === null ? 0 : Math.round(progress.over * steps) / steps;
  const label = describe(instance, progress?.left);
  return html`<button
    class=${`cell ${instance.state} ${readinessOf(instance)}`}
    .style=${`--over: ${over}; --colour: var(--${readinessOf(instance) || instance.state})`}
    data-id=${instance.id}
    tabindex=${isFirst ? 0 : -1}
    title=${label}
    aria-label=${label}
  ></button>`;
};

const open = (event: Event): void => {
  const id = (event.target as HTMLElement).dataset?.['id'];
  if (id !== undefined) setQuery({ instance: id });
};

/** Arrows go from cell to cell; Tab goes past all of them. */
const move = (event: KeyboardEvent): void => {
  const cells = [...(event.currentTarget as HTMLElement).children] as HTMLElement[];
  const from = cells.indexOf(event.target as HTMLElement);
  const perRow = cells.filter(({ offsetTop }) => offsetTop === cells[0]?.offsetTop).length;
  const targets: Readonly<Record<string, number>> = {
    ...{ ArrowRight: from + 1, ArrowLeft: from - 1, ArrowDown: from + perRow, ArrowUp: from - perRow },
    ...{ Home: 0, End: cells.length - 1 },
  };
  const to = Object.hasOwn(targets, event.key) ? cells[targets[event.key] ?? 0] : undefined;
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
};

const order = Object.keys(stateWords) as Instance['state'][];

const counts = ({ instances }: EmulatorFunction): Content => html`
  <ul class="counts">
    ${order.map((state) => {
      const count = instances.filter((one) => one.state === state).length;
      return count === 0
        ? nothing
        : html`<li><span class="cell ${state}" .style=${`--colour: var(--${state})`}></span>${count} ${stateWords[state]}</li>`;
    })}
  </ul>
`;

const limits = ({ instances, limits }: EmulatorFunction): Content => {
  if (limits === undefined) return nothing;
  const words = [`${instances.length} of at most ${limits.max_pool_size}`];
  if (limits.hot > 0) words.push(`${limits.hot} hot`);
  if (limits.warm) words.push(`${limits.warm} warm`);
  if (limits.max_shard_concurrency !== null) words.push(`${limits.max_shard_concurrency} at a time`);
  words.push(
    limits.max_runtime_ms === null ? 'no runtime limit' : `runs ${durationText(limits.max_runtime_ms)} at most`,
  );
  words.push(`waits ${durationText(limits.max_queue_time_ms)} at most`);
  return html`<p class="limits">${words.join(' · ')}</p>`;
};

const mostWaiters = 50;

const line = ({ waiting, line = [] }: EmulatorFunction): Content => {
  if (waiting === 0) return nothing;
  const shown = line.slice(0, mostWaiters);
  return html`
    <div class="line">
      <span>${waiting} waiting</span>
      <ol aria-label="Waiting line">
        ${shown.map((waiter) => {
          const progress = progressOf(waiter);
          return html`<li .style=${`--over: ${progress?.over ?? 0}`}>
            ${progress === null ? '…' : secondsText(progress.left)}
          </li>`;
        })}
      </ol>
      ${line.length > shown.length ? html`<span>and ${line.length - shown.length} more</span>` : nothing}
    </div>
  `;
};

const row = (one: EmulatorFunction): Content => html`
  <section class="function" aria-label=${`Function ${one.name}`}>
    <header>
      <h2>${one.name}</h2>
      ${counts(one)} ${limits(one)}
    </header>
    <div class="cells" role="group" aria-label=${`Instances of ${one.name}`} @keydown=${move} @click=${open}>
      ${repeat(
        one.instances,
        ({ id }) => id,
        (instance, index) => cell(instance, index === 0),
      )}
    </div>
    ${line(one)}
  </section>
`;

export const functions: View = () => {
  const all = store.state?.functions ?? [];
  if (all.length === 0)
    return emptyState('The stack has no functions.', 'A container is one where its deploy.strategy is "function".');
  return html`${repeat(all, ({ container_id }) => container_id, row)}`;
};
