import type { Reply } from '../scheduler/commands.ts';
import type { Ticket } from '../scheduler/pool.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import type { Result } from './service.ts';

/** The callers that wait for an answer, by ticket. */
export class Callers {
  readonly #waiting = new Map<Ticket, (reply: Reply) => void>();
  #issued = 0;

  /** Issues a ticket, hands it to `ask`, and waits for its answer. Calls `onWait` where that does not come at once. */
  answerTo(ask: (ticket: Ticket) => void, onWait?: (ticket: Ticket) => void): Promise<Reply> {
    this.#issued += 1;
    const ticket = this.#issued;
    return new Promise((resolve) => {
      this.#waiting.set(ticket, resolve);
      ask(ticket);
      if (this.#waiting.has(ticket)) onWait?.(ticket);
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

export const reject = (rejection: Rejection) => ({ ok: false, rejection }) as const;

/** What a caller gets for the reply to its command. */
export const toResult = <Type extends Reply['type'], Value>(
  reply: Reply,
  type: Type,
  toValue: (reply: Extract<Reply, { type: Type }>) => Value,
): Result<Value> => {
  if (reply.type === 'rejected') return reject(reply.rejection);
  if (!isReply(reply, type)) throw new Error(`a request was answered with ${reply.type} instead of ${type}`);
  return { ok: true, value: toValue(reply) };
};

const isReply = <Type extends Reply['type']>(reply: Reply, type: Type): reply is Extract<Reply, { type: Type }> =>
  reply.type === type;
