import fc from 'fast-check';
import { cuttingLengths, longTexts, looselyEqual, misreadTexts, sharingPrefix } from '../kit/odd-values.ts';
import { claim, leaveLine } from './claims.ts';
import { anyMove, claimable, functionAt, heldAt, holdsSome, Move, mayWait } from './move.ts';
import { mostConnections, type Walker } from './walker.ts';

export const small = fc.nat(11);
export const connection = fc.nat(mostConnections - 1);

const isFree = (w: Walker, at: number): boolean => claimable(w, functionAt(w, at)) > 0;

const where = (at: number, on: number): string => `(function ${at}, connection ${on})`;

export const claims = anyMove(fc.tuple(small, connection), ([at, on]) => ({
  text: `claim ${where(at, on)}`,
  isPossible: (w) => isFree(w, at),
  act: (w) => claim(w, { container: functionAt(w, at), connection: on, token: w.freshToken() }),
}));

export const claimsInLine = anyMove(fc.tuple(small, connection), ([at, on]) => ({
  text: `claim and wait in line ${where(at, on)}`,
  isPossible: (w) => mayWait(w, functionAt(w, at)),
  act: (w) => claim(w, { container: functionAt(w, at), connection: on, token: w.freshToken() }),
}));

/** Several of one function at the same moment, over all connections. */
export const rushes = anyMove(fc.tuple(small, fc.integer({ min: 2, max: 5 })), ([at, count]) => ({
  text: `${count} claims at the same moment (function ${at})`,
  isPossible: (w) => isFree(w, at),
  act: async (w) => {
    const container = functionAt(w, at);
    const most = w.may('disruptive') ? count : Math.min(count, claimable(w, container));
    const sent = Array.from({ length: most }, (_one, on) =>
      claim(w, { container, connection: on, token: w.freshToken() }),
    );
    await Promise.all(sent);
  },
}));

export const claimsAgain = anyMove(fc.tuple(small, small), ([at, which]) => ({
  text: `claim under the token of claim ${which} (function ${at})`,
  isPossible: (w) => holdsSome(w) && isFree(w, at),
  act: async (w) => {
    const held = heldAt(w, which);
    if (held === undefined) return;
    await claim(w, {
      container: functionAt(w, at),
      connection: held.connection,
      token: held.token,
      mayBeRefused: true,
    });
  },
}));

/** Odd tokens as they are, and new ones that are odd at their end. */
const oddTokens: readonly ((fresh: string) => string)[] = [
  ...[...misreadTexts, ...longTexts].map(
    ({ value }) =>
      () =>
        value,
  ),
  ...looselyEqual.flatMap(({ one, other }) => [() => one, () => other]),
  ...cuttingLengths.map((length) => (fresh: string) => sharingPrefix(fresh, length).one),
  ...Array.from({ length: 20 }, () => (fresh: string) => `${fresh}-Ｅ\u00e9-ﬁ-K`),
];

export const oddClaims = anyMove(fc.tuple(small, connection, fc.nat(oddTokens.length - 1)), ([at, on, which]) => ({
  text: `claim under odd token ${which} ${where(at, on)}`,
  isPossible: (w) => isFree(w, at),
  act: async (w) => {
    const token = oddTokens[which]?.(w.freshToken()) ?? w.freshToken();
    await claim(w, { container: functionAt(w, at), connection: on, token, mayBeRefused: true });
  },
}));

export const hangUps = anyMove(fc.tuple(small, connection, fc.nat(6)), ([at, on, ms]) => ({
  text: `claim and hang up after ${ms} ms ${where(at, on)}`,
  isPossible: (w) => w.may('disruptive'),
  act: (w) => claim(w, { container: functionAt(w, at), connection: on, token: w.freshToken(), hangUpAfterMs: ms }),
}));

/** Claims until the function has no more, and one more that has to wait. */
export const fills = anyMove(fc.tuple(small, connection), ([at, on]) => ({
  text: `claim all ${where(at, on)}`,
  isPossible: (w) => w.may('disruptive') && w.inLine.length === 0,
  act: (w) => fill(w, functionAt(w, at), on),
}));

const mostFilled = 16;

export const fill = async (w: Walker, container: string, on: number): Promise<void> => {
  const count = (): number => w.held.filter((one) => one.container === container).length;
  for (let before = -1; before < count() && before < mostFilled; ) {
    before = count();
    await claim(w, { container, connection: on, token: w.freshToken() });
    w.throwFailure();
  }
};

export const leaving = fc.constant(
  new Move({
    text: 'hang up on all that wait',
    isPossible: (w) => w.inLine.length > 0,
    act: leaveLine,
  }),
);
