import type { Content } from './components.ts';
import { html, nothing, ref } from './lit.ts';
import { update } from './view.ts';

type Rows<Item> = {
  readonly items: readonly Item[];
  readonly label: string;
  /** What stands in the row of an item. */
  readonly row: (item: Item, index: number) => Content;
  /** Beside the rows, in the same scrolled area. */
  readonly beside?: Content;
  /** The item that the arrow keys are at, where one can be chosen. */
  readonly active?: number;
};

/** So many rows above and below those in sight. */
const spareRows = 4;

/** A list of thousands of rows of one height, of which those in sight are in the document. */
export class RowList<Item> {
  readonly #rowHeight: number;
  /** Where rows are added: the list stays there until its reader scrolls away. Null where it is of no matter. */
  readonly #newest: 'first' | 'last' | null;
  /** How much of its top a heading hides. */
  readonly #headHeight: number;
  #element: HTMLElement | undefined;
  #isAtNewest = true;
  #isPaused = false;
  #held: readonly Item[] | null = null;

  constructor(rowHeight: number, newest: 'first' | 'last' | null, headHeight = 0) {
    this.#rowHeight = rowHeight;
    this.#newest = newest;
    this.#headHeight = headHeight;
  }

  get top(): number {
    return this.#element?.scrollTop ?? 0;
  }

  get height(): number {
    return this.#element?.clientHeight || 600;
  }

  /** What is to be shown of a list that grows and loses its beginning: while it is paused or scrolled, as it was. */
  hold(source: readonly Item[]): readonly Item[] {
    if (this.#isPaused || !this.#isAtNewest) this.#held ??= [...source];
    else this.#held = null;
    return this.#held ?? source;
  }

  /** Holds the list, and where it is held goes on with the newest, as a button with this text says. */
  buttons(goOn: string | null): Content {
    const toNewest = (): void => {
      this.#isPaused = false;
      this.#isAtNewest = true;
      if (this.#newest === 'first') this.#element?.scrollTo({ top: 0 });
    };
    const pause = (): void => {
      this.#isPaused = true;
    };
    return html`
      <button aria-pressed=${this.#isPaused} @click=${this.#isPaused ? toNewest : pause}>Pause</button>
      ${goOn === null ? nothing : html`<button class="primary" @click=${toNewest}>${goOn}</button>`}
    `;
  }

  /** Scrolls as little as shows the row. */
  reveal(index: number): void {
    const least = (index + 1) * this.#rowHeight + this.#headHeight - this.height;
    const top = Math.max(least, Math.min(this.top, index * this.#rowHeight));
    if (top !== this.top) this.#element?.scrollTo({ top });
  }

  render({ items, label, row, beside = nothing, active }: Rows<Item>): Content {
    const isChoice = active !== undefined;
    const all = items.length * this.#rowHeight;
    const isFollowing = this.#newest === 'last' && this.#isAtNewest && !this.#isPaused;
    if (isFollowing) queueMicrotask(() => this.#element?.scrollTo({ top: all }));
    const top = isFollowing ? all - this.height : this.top;
    const first = Math.max(0, Math.floor(Math.min(top, all - this.height) / this.#rowHeight) - spareRows);
    const inSight = items.slice(first, first + Math.ceil(this.height / this.#rowHeight) + 2 * spareRows);
    return html`
      <div
        class="rows"
        tabindex="0"
        role=${isChoice ? 'listbox' : 'group'}
        aria-label=${label}
        aria-activedescendant=${isChoice ? 'active-row' : nothing}
        .style=${this.#headHeight === 0 ? '' : `max-height: ${all + this.#headHeight + 2}px`}
        ${ref(this.#take)}
        @scroll=${this.#onScroll}
      >
        <div role="presentation" .style=${`height: ${all}px`}>
          <ul role=${isChoice ? 'presentation' : nothing} .style=${`transform: translateY(${first * this.#rowHeight}px)`}>
            ${inSight.map((item, offset) => {
              const index = first + offset;
              return html`<li
                id=${index === active ? 'active-row' : nothing}
                role=${isChoice ? 'option' : nothing}
                aria-selected=${isChoice ? index === active : nothing}
                aria-setsize=${items.length}
                aria-posinset=${index + 1}
              >
                ${row(item, index)}
              </li>`;
            })}
          </ul>
        </div>
        ${beside}
      </div>
    `;
  }

  readonly #take = (element: Element | undefined): void => {
    this.#element = element as HTMLElement | undefined;
    // The next one begins there.
    if (element === undefined) this.#isAtNewest = true;
    // Now its height is known.
    else update();
  };

  readonly #onScroll = ({ currentTarget }: Event): void => {
    const { scrollTop, clientHeight, scrollHeight } = currentTarget as HTMLElement;
    const away = this.#newest === 'first' ? scrollTop : scrollHeight - clientHeight - scrollTop;
    this.#isAtNewest = away < this.#rowHeight;
    update();
  };
}
