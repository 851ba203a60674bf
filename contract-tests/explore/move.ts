import type fc from 'fast-check';
import type { Level } from '../model/result.ts';
import { judgeLine, mostInLine } from './claims.ts';
import type { Grant } from './model.ts';
import type { Walker } from './walker.ts';

/** A move of a history. What it is about it names by number, since IDs and tokens are others in every run. */
export class Move implements fc.AsyncCommand<Walker, Walker, false> {
  readonly #text: string;
  readonly #isPossible: (w: Walker) => boolean;
  readonly act: (w: Walker) => Promise<unknown>;

  constructor(text: string, isPossible: (w: Walker) => boolean, act: (w: Walker) => Promise<unknown>) {
    this.#text = text;
    this.#isPossible = isPossible;
    this.act = act;
  }

  check(w: Walker): boolean {
    return this.#isPossible(w);
  }

  async run(w: Walker): Promise<void> {
    w.moves.push(this.#text);
    await this.act(w);
    w.throwFailure();
    await judgeLine(w);
    w.throwFailure();
  }

  toString(): string {
    return this.#text;
  }
}

/** Several at the same moment: each decides by what was known before all of them. */
export const together = (moves: readonly Move[]): Move =>
  new Move(
    `at the same moment: ${moves.join(' | ')}`,
    (w) => moves.some((move) => move.check(w)),
    async (w) => {
      if (w.shards.areSeveral) return await inTurn(w, moves);
      const outcomes = await Promise.allSettled(moves.filter((move) => move.check(w)).map((move) => move.act(w)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  );

/** Where each connection may lead to another scheduler, only one is used, for one request at a time. */
const inTurn = async (w: Walker, moves: readonly Move[]): Promise<void> => {
  for (const move of moves) if (move.check(w)) await move.act(w);
};

/** The number’s element of a list that may have fewer. */
export const nth = <Item>(items: readonly Item[], at: number): Item | undefined =>
  items[at % Math.max(1, items.length)];

export const functionAt = (w: Walker, at: number): string => nth(w.containers, at) ?? '';
export const heldAt = (w: Walker, at: number): Grant | undefined => nth(w.held, at);
export const unspawned = (w: Walker): readonly Grant[] => w.held.filter(({ started }) => started === null);
export const holdsSome = (w: Walker): boolean => w.held.length > 0;

/** A move about one of the claims held. */
export const about = (
  which: number,
  text: string,
  level: Level,
  act: (w: Walker, held: Grant) => Promise<unknown>,
): Move =>
  new Move(
    `${text} claim ${which}`,
    (w) => w.may(level) && holdsSome(w),
    async (w) => {
      const held = heldAt(w, which);
      if (held !== undefined) await act(w, held);
    },
  );

/** Who is not to disturb others holds no more of a function at once. */
const mostUndisturbing = 2;

/** How many instances may still be claimed that need not be waited for, as far as is known. */
export const claimable = (w: Walker, container: string): number => {
  const taken = w.model.mostTaken(container, w.instant, true) + inLineOf(w, container);
  const most = w.may('disruptive') ? (w.model.mostHeld.get(container) ?? 1) : mostUndisturbing;
  return most - taken;
};

export const mayWait = (w: Walker, container: string): boolean =>
  w.may('disruptive') && claimable(w, container) <= 0 && inLineOf(w, container) < mostInLine;

const inLineOf = ({ inLine }: Walker, container: string): number =>
  inLine.filter((one) => one.container === container).length;
