import { claim } from './claims.ts';
import { judgeActive } from './lists.ts';
import { about, claimable, functionAt, Move } from './move.ts';
import { release, spawn } from './runs.ts';

/**
 * What every caller does, in two functions one after the other. It goes before all random histories: what is broken here
 * needs no other, and a target that has kept it and no longer does suffers from what came between.
 */
export const routine: readonly Move[] = [0, 1].flatMap((at) => [
  new Move(
    `claim (function ${at}, connection 0)`,
    (w) => claimable(w, functionAt(w, at)) > 0,
    (w) => claim(w, { container: functionAt(w, at), connection: 0, token: w.freshToken() }),
  ),
  about(0, 'spawn', 'lifecycle', spawn),
  new Move(
    `active (function ${at}, connection 0)`,
    () => true,
    (w) => judgeActive(w, functionAt(w, at), 0),
  ),
  about(0, 'release', 'claim', release),
]);
