/** Something that happened, and the how manieth it was, from 1. */
export type Numbered<Item> = { readonly number: number; readonly item: Item };

type Follower<Item> = { readonly tell: (numbered: Numbered<Item>) => void; readonly end: () => void };

/** The last of what happened, to be read after the fact or followed while it goes on. Bounded: the oldest go first. */
export class History<Item> {
  readonly #limit: number;
  readonly #kept: Numbered<Item>[] = [];
  readonly #followers = new Set<Follower<Item>>();
  #count = 0;
  #isOver = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item): void {
    this.#count += 1;
    const numbered = { number: this.#count, item };
    this.#kept.push(numbered);
    if (this.#kept.length > this.#limit) this.#kept.shift();
    for (const { tell } of this.#followers) tell(numbered);
  }

  /** The number of the latest; 0 where nothing has happened yet. */
  get latest(): number {
    return this.#count;
  }

  /** The number of the earliest that is kept, or of the next to come. */
  get earliest(): number {
    return this.#kept[0]?.number ?? this.#count + 1;
  }

  /** What is kept of all that came after that number. */
  after(number: number): readonly Numbered<Item>[] {
    return this.#kept.filter((numbered) => numbered.number > number);
  }

  /** Calls `tell` for each event to come, and `end` after the last, until the returned function is called. */
  follow(tell: (numbered: Numbered<Item>) => void, end: () => void): () => void {
    if (this.#isOver) {
      end();
      return () => {};
    }
    const follower = { tell, end };
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  end(): void {
    this.#isOver = true;
    for (const { end } of this.#followers) end();
    this.#followers.clear();
  }
}
