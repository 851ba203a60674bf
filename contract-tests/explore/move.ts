import type fc from 'fast-check';
import type { Level } from '../model/result.ts';
import { judgeLine, mostInLine } from './claims.ts';
import type { Grant } from './model.ts';
import type { Walker } from './walker.ts';

type Parts = {
  /** Names what it is about by number, since IDs and tokens are others in every run. */
  readonly text: string;
  /** It may always be made without it. */
  readonly isPossible?: (w: Walker) => boolean;
  readonly act: (w: Walker) => Promise<unknown>;
};

/** A move of a history. */
export class Move implements fc.AsyncCommand<Walker, Walker, false> {
  readonly act: Parts['act'];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.act = parts.act;
  }

  check(w: Walker): boolean {
    return this.#parts.isPossible?.(w) ?? true;
  }

  async run(w: Walker): Promise<void> {
    w.moves.push(this.#parts.text);
    await this.act(w);
    w.throwFailure();
    await judgeLine(w);
    w.throwFailure();
  }

  toString(): string {
    return this.#parts.text;
  }
}

/** Moves that differ in something random. */
export const anyMove = <Choice>(choices: fc.Arbitrary<Choice>, make: (choice: Choice) => Parts): fc.Arbitrary<Move> =>
  choices.map((choice) => new Move(make(choice)));

/** Several at the same moment: each decides by what was known before all of them. */
export const together = (moves: readonly Move[]): Move =>
  new Move({
    text: `at the same moment: ${moves.join(' | ')}`,
    isPossible: (w) => moves.some((move) => move.check(w)),
    act: async (w) => {
      if (w.shards.areSeveral) return await inTurn(w, moves);
      const outcomes = await Promise.allSettled(moves.filter((move) => move.check(w)).map((move) => move.act(w)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  });

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
  new Move({
    text: `${text} claim ${which}`,
    isPossible: (w) => w.may(level) && holdsSome(w),
    act: async (w) => {
      const held = heldAt(w, which);
      if (held !== undefined) await act(w, held);
    },
  });

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
