import fc from 'fast-check';
import {
  claims,
  claimsAgain,
  claimsInLine,
  connection,
  fills,
  hangUps,
  leaving,
  oddClaims,
  rushes,
} from './claim-moves.ts';
import { claim } from './claims.ts';
import { knocks } from './door-moves.ts';
import { judgeActive } from './lists.ts';
import { about, anyMove, claimable, functionAt, Move, together } from './move.ts';
import { requestMoves } from './requests.ts';
import { lists, lookalikeTrials, looks, races, releases, spawns, wrongReleases, wrongSpawns } from './run-moves.ts';
import { release, spawn } from './runs.ts';
import { disturbedLeases, ends, halves, moments } from './time-moves.ts';
import type { Walker } from './walker.ts';

const reconnections = anyMove(connection, (on) => ({
  text: `close connection ${on}`,
  isPossible: (w) => w.inLine.length === 0,
  act: (w) => Promise.resolve(w.reconnect(on)),
}));

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
  { weight: 6, arbitrary: knocks },
);

const moves = [
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
  { weight: 2, arbitrary: moments },
  { weight: 1, arbitrary: halves },
  { weight: 2, arbitrary: ends },
  { weight: 2, arbitrary: disturbedLeases },
];

const longestHistory = 40;

const toHistories = (all: typeof moves) =>
  fc.commands<Walker, Walker, false>([fc.oneof(...all)], { maxCommands: longestHistory, size: 'max' });

/** Random histories. */
export const histories = toHistories(moves);

/** With requests to functions over HTTP among them. */
export const linkedHistories = toHistories([...moves, { weight: 8, arbitrary: requestMoves }]);

/**
 * What every caller does, in two functions one after the other. It is walked before all random histories: what is broken
 * here needs none to show. Where it breaks only when it is walked again, a history in between is the cause.
 */
export const routine: readonly Move[] = [0, 1].flatMap((at) => [
  new Move({
    text: `claim (function ${at}, connection 0)`,
    isPossible: (w) => claimable(w, functionAt(w, at)) > 0,
    act: (w) => claim(w, { container: functionAt(w, at), connection: 0, token: w.freshToken() }),
  }),
  about(0, 'spawn', 'lifecycle', spawn),
  new Move({
    text: `active (function ${at}, connection 0)`,
    act: (w) => judgeActive(w, functionAt(w, at), 0),
  }),
  about(0, 'release', 'claim', release),
]);
