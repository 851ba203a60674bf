/** What a request waits for. Only one that finds no free instance is in the line, `queue`. */
export type Step = 'claim' | 'queue' | 'spawn' | 'reach' | 'function';

/** Real milliseconds of the steps of a request, as the header Server-Timing has them. */
export class Stopwatch {
  readonly #startedAt = performance.now();
  readonly #laps: string[] = [];
  #last = this.#startedAt;

  lap(step: Step): void {
    const now = performance.now();
    this.#laps.push(`${step};dur=${toTenth(now - this.#last)}`);
    this.#last = now;
  }

  get totalMs(): number {
    return toTenth(performance.now() - this.#startedAt);
  }

  get header(): string {
    return this.#laps.join(', ');
  }
}

const toTenth = (ms: number): number => Math.round(ms * 10) / 10;
