/** Something that falls due. Kept by the code that may call it off. */
export type Deadline<Value> = { readonly at: number; readonly value: Value; readonly order: number; index: number };

const calledOff = -1;

/**
 * A binary heap of deadlines: the next one in O(1), adding and calling off in O(log n). Each deadline knows its place in
 * the heap, so a claim that is spawned leaves nothing behind until its lease would have ended. Equal times keep the
 * order in which they were added.
 */
export class Deadlines<Value> {
  readonly #heap: Deadline<Value>[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  get next(): Deadline<Value> | undefined {
    return this.#heap[0];
  }

  add(at: number, value: Value): Deadline<Value> {
    const deadline: Deadline<Value> = { at, value, order: this.#added, index: this.#heap.length };
    this.#added += 1;
    this.#heap.push(deadline);
    this.#rise(deadline);
    return deadline;
  }

  /** Takes a deadline out; one that is out already stays out. */
  callOff(deadline: Deadline<Value>): void {
    if (this.#heap[deadline.index] !== deadline) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== deadline) {
      this.#place(last, deadline.index);
      this.#rise(last);
      this.#sink(last);
    }
    deadline.index = calledOff;
  }

  #rise(deadline: Deadline<Value>): void {
    while (deadline.index > 0) {
      const parent = this.#heap[(deadline.index - 1) >> 1];
      if (parent === undefined || isBefore(parent, deadline)) return;
      this.#swap(parent, deadline);
    }
  }

  #sink(deadline: Deadline<Value>): void {
    for (;;) {
      const left = this.#heap[2 * deadline.index + 1];
      const right = this.#heap[2 * deadline.index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(deadline, child)) return;
      this.#swap(child, deadline);
    }
  }

  #swap(one: Deadline<Value>, other: Deadline<Value>): void {
    const index = one.index;
    this.#place(one, other.index);
    this.#place(other, index);
  }

  #place(deadline: Deadline<Value>, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }
}

const isBefore = (one: Deadline<unknown>, other: Deadline<unknown>): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
