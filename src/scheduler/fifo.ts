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

  *[Symbol.iterator](): Iterator<Value> {
    for (let place = this.#first; place !== null; place = place.next) yield place.value;
  }
}
