import fc from 'fast-check';
import { leaseMs } from '../run/holdings.ts';
import {
  claims,
  claimsAgain,
  claimsInLine,
  fills,
  hangUps,
  keylessClaims,
  leaving,
  line,
  oddClaims,
  rushes,
} from './claim-moves.ts';
import type { Grant } from './model.ts';
import { Move, together } from './move.ts';
import { lists, lookalikeTrials, looks, races, releases, spawns, wrongReleases, wrongSpawns } from './run-moves.ts';
import { spawn } from './runs.ts';
import type { Walker } from './walker.ts';

const unspawned = (w: Walker): readonly Grant[] => w.held.filter(({ started }) => started === null);

const reconnections = line.map(
  (on) =>
    new Move(
      `close connection ${on}`,
      (w) => w.inLine.length === 0,
      (w) => Promise.resolve(w.reconnect(on)),
    ),
);

const passing = (text: string, ms: number): fc.Arbitrary<Move> =>
  fc.constant(
    new Move(
      text,
      (w) => w.mayPass(ms),
      (w) => w.pass(ms),
    ),
  );

/** Time for the requests that follow, since time passes with them. */
const marginMs = 400;

const untilNearlyOver = (w: Walker): number => {
  const ends = unspawned(w).map((held) => w.model.endsFrom(held));
  return Math.min(leaseMs, ...ends.map((at) => at - marginMs - w.now));
};

/** Spawns at the last moment what is claimed longest. */
const lateSpawns = fc.constant(
  new Move(
    'time passes until the first lease is nearly over; spawn it',
    (w) => w.may('lifecycle') && unspawned(w).length > 0 && w.mayPass(untilNearlyOver(w)),
    async (w) => {
      const byEnd = unspawned(w).toSorted((one, other) => w.model.endsFrom(one) - w.model.endsFrom(other));
      await w.pass(untilNearlyOver(w));
      const [first] = byEnd;
      if (first !== undefined) await spawn(w, first);
    },
  ),
);

const untilOver = (w: Walker): number => {
  const ends = unspawned(w).map((held) => w.model.endsBy(held));
  return Math.max(0, ...ends.filter(Number.isFinite).map((at) => at - w.now + 1));
};

/** Tries all claims by their tokens when they are over. */
const tooLateSpawns = fc.constant(
  new Move(
    'time passes until the leases are over; spawn each of them',
    (w) => w.mayPass(untilOver(w)),
    async (w) => {
      const over = unspawned(w);
      await w.pass(untilOver(w));
      for (const one of over) await spawn(w, one);
    },
  ),
);

const one = fc.oneof(
  { weight: 8, arbitrary: claims },
  { weight: 2, arbitrary: claimsAgain },
  { weight: 4, arbitrary: oddClaims },
  { weight: 1, arbitrary: hangUps },
  { weight: 8, arbitrary: spawns },
  { weight: 5, arbitrary: releases },
  { weight: 5, arbitrary: wrongSpawns },
  { weight: 5, arbitrary: wrongReleases },
  { weight: 4, arbitrary: lists },
  { weight: 1, arbitrary: keylessClaims },
);

const moves = fc.oneof(
  { weight: 24, arbitrary: one },
  { weight: 3, arbitrary: fc.array(one, { minLength: 2, maxLength: 6 }).map(together) },
  { weight: 3, arbitrary: races.map(together) },
  { weight: 2, arbitrary: rushes },
  { weight: 2, arbitrary: lookalikeTrials },
  { weight: 1, arbitrary: fills },
  { weight: 2, arbitrary: claimsInLine },
  { weight: 1, arbitrary: leaving },
  { weight: 1, arbitrary: reconnections },
  { weight: 1, arbitrary: looks },
  { weight: 1, arbitrary: passing('nearly a second passes', 900) },
  { weight: 1, arbitrary: passing('six seconds pass', 6_000) },
  { weight: 2, arbitrary: lateSpawns },
  { weight: 2, arbitrary: tooLateSpawns },
);

const longestHistory = 40;

/** Random histories. */
export const histories = fc.commands<Walker, Walker, false>([moves], { maxCommands: longestHistory, size: 'max' });
