import type { Reply } from '../scheduler/commands.ts';
import type { Ticket } from '../scheduler/pool.ts';
import type { Rejection } from '../scheduler/rejections.ts';
import type { Result } from './service.ts';

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

/** What can keep callers out, the weightiest first: it is the reason in their answer. */
const bars = ['closing', 'runtime', 'pools'] as const;
type Bar = (typeof bars)[number];

/** Says whether callers are admitted, and if not, why. Shut from the start, until the pools are made. */
export class Admission {
  readonly #reasons = new Map<Bar, string>([['pools', 'the pools are still being made']]);

  /** Why no caller is admitted; null while callers are. */
  get reason(): string | null {
    for (const bar of bars) {
      const reason = this.#reasons.get(bar);
      if (reason !== undefined) return reason;
    }
    return null;
  }

  shut(bar: Bar, reason: string): void {
    this.#reasons.set(bar, reason);
  }

  open(bar: Bar): void {
    this.#reasons.delete(bar);
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
