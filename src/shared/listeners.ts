/** Listeners of one kind of event, each called for itself. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** Calls the listener for each event until the returned function is called. */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a listener throws is its own: it comes up outside, and neither the teller nor the other listeners see it. */
  tell(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
