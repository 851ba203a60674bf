import fc from 'fast-check';
import { leaseMs } from '../kit/limits.ts';
import { claimsAgain } from './claim-moves.ts';
import { anyMove, Move, unspawned } from './move.ts';
import { lists, wrongReleases, wrongSpawns } from './run-moves.ts';
import { spawn } from './runs.ts';
import type { Walker } from './walker.ts';

/** Real time is spent on leases only where one can be waited for to its end: most of it shows what no wait shows as well. */
const mayOutlast = (w: Walker): boolean => w.mayPass(leaseMs + w.model.settleMs);

const passing = (text: string, ms: number, isPossible: (w: Walker) => boolean): fc.Arbitrary<Move> =>
  fc.constant(
    new Move({
      text,
      isPossible,
      act: (w) => w.pass(ms),
    }),
  );

const momentMs = 900;
export const moments = passing('nearly a second passes', momentMs, (w) => w.mayPass(momentMs));
export const halves = passing('half a lease passes', leaseMs / 2, mayOutlast);

/** Time for the requests that follow, since time passes with them. */
const marginMs = 400;

const untilNearlyOver = (w: Walker): number => {
  const ends = unspawned(w).map((held) => w.model.endsFrom(held));
  return Math.min(leaseMs, ...ends.map((at) => at - marginMs - w.now));
};

/** Spawns at the last moment what is claimed longest. */
const spawnLate = async (w: Walker): Promise<void> => {
  const [first] = unspawned(w).toSorted((one, other) => w.model.endsFrom(one) - w.model.endsFrom(other));
  if (w.mayPass(untilNearlyOver(w))) await w.pass(untilNearlyOver(w));
  if (first !== undefined) await spawn(w, first);
};

const untilOver = (w: Walker): number => {
  const ends = unspawned(w).map((held) => w.model.endsBy(held));
  return Math.max(0, ...ends.filter(Number.isFinite).map((at) => at - w.now + 1));
};

/** Tries all claims by their tokens when they are over. */
const spawnTooLate = async (w: Walker): Promise<void> => {
  const over = unspawned(w);
  await w.pass(untilOver(w));
  for (const one of over) await spawn(w, one);
};

const lateSpawn = new Move({
  text: 'time passes until the first lease is nearly over; spawn it',
  isPossible: (w) => w.may('lifecycle') && unspawned(w).length > 0 && mayOutlast(w) && w.mayPass(untilNearlyOver(w)),
  act: spawnLate,
});

const tooLateSpawns = new Move({
  text: 'time passes until the leases are over; spawn each of them',
  isPossible: (w) => w.mayPass(untilOver(w)),
  act: spawnTooLate,
});

export const ends = fc.constantFrom(lateSpawn, tooLateSpawns);

/** What must neither lengthen nor shorten a lease, in the middle of it. */
const disturbances = fc.array(fc.oneof(wrongSpawns, wrongReleases, claimsAgain, lists), { minLength: 1, maxLength: 4 });

export const disturbedLeases = anyMove(
  fc.tuple(disturbances, fc.constantFrom(lateSpawn, tooLateSpawns)),
  ([moves, end]) => ({
    text: `half a lease passes; ${moves.join('; ')}; ${end}`,
    isPossible: (w) => unspawned(w).length > 0 && w.mayPass(untilOver(w)),
    act: async (w) => {
      await w.pass(leaseMs / 2);
      for (const move of moves) {
        if (move.check(w)) await move.act(w);
        w.throwFailure();
      }
      if (end.check(w)) await end.act(w);
    },
  }),
);
