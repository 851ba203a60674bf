import fc from 'fast-check';
import { oddVariables } from '../kit/odd-values.ts';
import { connection, small } from './claim-moves.ts';
import { judgeActive } from './lists.ts';
import { look } from './look.ts';
import type { Grant } from './model.ts';
import { about, anyMove, functionAt, type Move, nth, unspawned } from './move.ts';
import { type Attempt, release, spawn } from './runs.ts';
import { lookalikesOf, type Wrong, wrongs } from './wrongs.ts';

/** Mostly over the claim’s own connection: others may lead to another scheduler. */
const away = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) });

const toAttempt = ({ container, instance, token, connection: own }: Grant, over: number): Attempt => ({
  ...{ container, instance, token },
  connection: own + over,
});

/** All of them are allowed by the description, and any text may be a value. */
const givenVariables: readonly Attempt['more'][] = [
  {},
  { runtime_variables: null },
  { runtime_variables: {} },
  { runtime_variables: { environment_variables: null } },
  { runtime_variables: { environment_variables: {} } },
  ...Object.values(oddVariables).map((VALUE) => ({ runtime_variables: { environment_variables: { VALUE } } })),
  { runtime_variables: { environment_variables: { VALUE: 'x'.repeat(60_000) } } },
];

const spawnOf = (which: number, over: number, variables = 0): Move =>
  about(which, over === 0 ? 'spawn' : 'spawn over another connection', 'lifecycle', (w, held) =>
    spawn(w, { ...toAttempt(held, over), more: nth(givenVariables, variables) ?? {} }),
  );
const releaseOf = (which: number, over: number): Move =>
  about(which, over === 0 ? 'release' : 'release over another connection', 'claim', (w, held) =>
    release(w, toAttempt(held, over)),
  );
const wrongSpawnOf = (which: number, wrong: Wrong): Move =>
  about(which, `spawn ${wrong.what} of`, 'claim', (w, held) => spawn(w, wrong.change(w, held)));
const wrongReleaseOf = (which: number, wrong: Wrong): Move =>
  about(which, `release ${wrong.what} of`, 'claim', (w, held) => release(w, wrong.change(w, held)));

export const spawns = fc
  .tuple(small, away, fc.oneof(fc.constant(0), fc.nat(4), fc.nat(givenVariables.length - 1)))
  .map(([which, over, variables]) => spawnOf(which, over, variables));
export const releases = fc.tuple(small, away).map(([which, over]) => releaseOf(which, over));
export const wrongSpawns = fc.tuple(small, wrongs).map(([which, wrong]) => wrongSpawnOf(which, wrong));
export const wrongReleases = fc.tuple(small, wrongs).map(([which, wrong]) => wrongReleaseOf(which, wrong));

const alikeAtOnce = 8;

/** Spawns and releases with tokens that look like the right one, the likeliest of them always among them. */
export const lookalikeTrials = fc
  .tuple(small, fc.nat(40), fc.constantFrom('spawn', 'release'))
  .map(([which, first, operation]) =>
    about(which, `${operation} with lookalikes from ${first} of the token of`, 'claim', async (w, held) => {
      const all = lookalikesOf(held.token);
      const chosen = Array.from({ length: alikeAtOnce }, (_one, at) => nth(all, first + at) ?? '');
      for (const token of new Set([...all.slice(0, 2), ...chosen])) {
        await (operation === 'spawn' ? spawn : release)(w, { ...toAttempt(held, 0), token });
      }
    }),
  );

/** Several requests about one claim at the same moment. */
export const races = small.chain((which) =>
  fc.array(
    fc.oneof(
      fc.constant(spawnOf(which, 0)),
      fc.constant(releaseOf(which, 0)),
      wrongs.map((wrong) => wrongSpawnOf(which, wrong)),
      wrongs.map((wrong) => wrongReleaseOf(which, wrong)),
    ),
    { minLength: 2, maxLength: 4 },
  ),
);

export const lists = anyMove(fc.tuple(small, connection), ([at, on]) => ({
  text: `active (function ${at}, connection ${on})`,
  act: (w) => judgeActive(w, functionAt(w, at), on),
}));

/** Spawns and looks from inside at what has arrived, where the function reports. */
export const looks = anyMove(small, (which) => ({
  text: `spawn claim ${which} and look inside`,
  isPossible: (w) => w.may('lifecycle') && w.run.callback.obstacle === null && unspawned(w).length > 0,
  act: async (w) => {
    const held = nth(unspawned(w), which);
    if (held !== undefined) await look(w, toAttempt(held, 0));
  },
}));
