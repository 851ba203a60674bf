import type { Content } from './components.ts';

// Which view is shown, and when the page is rendered. Where one is in the page is in the hash, so that a reload and a copied
// address lead there: `#/requests?status=503`.

/** What a view renders of its part of the hash: at most once a frame, after changes of the store, of the hash, or `update`. */
export type View = (query: URLSearchParams) => Content;

type Words = Readonly<Record<string, string | null>>;

export const readRoute = () => {
  const [view = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { view, query: new URLSearchParams(query) };
};

/** The hash of another view, or of the same one with other words in its query; null takes a word away. */
export const hashOf = (view: string, changes: Words = {}): string => {
  const before = readRoute();
  // Words of one view mean nothing to another, but for the open instance.
  const instance = before.query.get('instance');
  const query = before.view === view ? before.query : new URLSearchParams(instance === null ? {} : { instance });
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  return `#/${view}${query.size === 0 ? '' : `?${query}`}`;
};

/** Changes words of the present view's query, without a step in the history. */
export const setQuery = (changes: Words): void => {
  history.replaceState(null, '', hashOf(readRoute().view, changes));
  update();
};

let draw = (): void => {};
let isRequested = false;

/** To be called by the page alone. */
export const setDraw = (render: () => void): void => {
  draw = render;
};

/** Renders the page with the next frame: what a view does after it has changed what it keeps for itself, but for what it does
 * in listeners of clicks, keys and entries, after which the page renders by itself (app.ts). */
export const update = (): void => {
  if (isRequested) return;
  isRequested = true;
  requestAnimationFrame(() => {
    isRequested = false;
    draw();
  });
};

/** Work that was asked for: whether it goes on, and what went wrong with it at last. */
export class Task {
  isBusy = false;
  failure: unknown = null;

  async run(work: () => Promise<unknown>): Promise<void> {
    this.isBusy = true;
    update();
    try {
      await work();
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
    this.isBusy = false;
    update();
  }
}
