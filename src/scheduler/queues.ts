/** A place in a line; kept by the code that may leave it early. */
export type Place<Value> = {
  readonly value: Value;
  previous: Place<Value> | null;
  next: Place<Value> | null;
  line: Fifo<Value> | null;
};

/**
 * First in, first out, and leaving from the middle in O(1). A `Map` would do the same by insertion order, but finding its
 * first entry walks over the deleted ones before it.
 */
export class Fifo<Value> {
  #first: Place<Value> | null = null;
  #last: Place<Value> | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Value | undefined {
    return this.#first?.value;
  }

  get last(): Value | undefined {
    return this.#last?.value;
  }

  push(value: Value): Place<Value> {
    const place: Place<Value> = { value, previous: this.#last, next: null, line: this };
    if (this.#last === null) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#length += 1;
    return place;
  }

  /** Leaves the line; a place that has left already stays out. */
  remove(place: Place<Value>): void {
    if (place.line !== this) return;
    if (place.previous === null) this.#first = place.next;
    else place.previous.next = place.next;
    if (place.next === null) this.#last = place.previous;
    else place.next.previous = place.previous;
    place.previous = place.next = place.line = null;
    this.#length -= 1;
  }
}

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
