import type { Content } from './components.ts';

/** A view: a tab with a hash of its own. `app.ts` lists all. */
export type View = {
  /** Its place in the hash: `#/<name>`. */
  readonly name: string;
  readonly title: string;
  /** Called at most once a frame after changes of the store, of the hash, or a call of `update`. */
  render(query: URLSearchParams): Content;
};

let draw = (): void => {};
let isRequested = false;

/** Renders the page with the next frame: what a view does after it has changed what it keeps for itself. */
export const update = (): void => {
  if (isRequested) return;
  isRequested = true;
  requestAnimationFrame(() => {
    isRequested = false;
    draw();
  });
};

/** The work, and a rendering after it. */
export const changing = (work: () => void) => (): void => {
  work();
  update();
};

/** To be called by the page alone. */
export const setDraw = (render: () => void): void => {
  draw = render;
};
