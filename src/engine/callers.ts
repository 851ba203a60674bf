import type { Reply } from '../scheduler/commands.ts';
import type { Ticket } from '../scheduler/pool.ts';

/** The callers that wait for an answer, by ticket. */
export class Callers {
  readonly #waiting = new Map<Ticket, (reply: Reply) => void>();
  #issued = 0;

  /** Issues a ticket, hands it to `ask`, and waits for its answer. */
  answerTo(ask: (ticket: Ticket) => void): Promise<Reply> {
    this.#issued += 1;
    const ticket = this.#issued;
    return new Promise((resolve) => {
      this.#waiting.set(ticket, resolve);
      ask(ticket);
    });
  }

  answer(ticket: Ticket, reply: Reply): void {
    const resolve = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    resolve?.(reply);
  }

  /** Answers every caller that still waits, so that none hangs when the engine closes. */
  answerAll(reply: Reply): void {
    for (const ticket of [...this.#waiting.keys()]) this.answer(ticket, reply);
  }
}
