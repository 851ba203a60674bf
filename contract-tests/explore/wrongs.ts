import fc from 'fast-check';
import {
  lookalikes,
  looselyEqual,
  malformedVariables,
  mistyped,
  oddIds,
  oddKeys,
  tooShort,
} from '../kit/odd-values.ts';
import { noKey } from '../kit/requests.ts';
import type { Grant } from './model.ts';
import { nth } from './move.ts';
import type { Attempt } from './runs.ts';
import type { Walker } from './walker.ts';

/** A way to get a spawn or release wrong. What comes of it may by chance be right: the model knows. */
export type Wrong = { readonly what: string; change(w: Walker, held: Grant): Attempt };

const right = ({ container, instance, token, connection }: Grant): Attempt => ({
  container,
  instance,
  token,
  connection,
});

const wrong = (what: string, change: (w: Walker, held: Grant) => Partial<Attempt>): Wrong => ({
  what,
  change: (w, held) => ({ ...right(held), ...change(w, held) }),
});

/** Tokens that a naive program takes for the held one; for one of a pair the other comes first. */
export const lookalikesOf = (token: string): readonly string[] => {
  const mates = looselyEqual.flatMap(({ one, other }) => (one === token ? [other] : other === token ? [one] : []));
  const atCut = token.endsWith('-one') ? [`${token.slice(0, -'-one'.length)}!two`, token.slice(0, -'-one'.length)] : [];
  const alike = lookalikes(token).map(({ value }) => value);
  return [...mates, ...atCut, ...alike];
};

const any = fc.nat(59);

const withLookalike = any.map((at) =>
  wrong(`with lookalike ${at} of the token`, (_w, { token }) => ({ token: nth(lookalikesOf(token), at) ?? '' })),
);

const withPastToken = any.map((at) =>
  wrong(`with token ${at} of those that are over`, (w, held) => {
    const over = w.model.grants.filter((one) => !w.held.includes(one) && one.container === held.container);
    const same = over.filter((one) => one.instance === held.instance);
    return { token: nth(same.length > 0 ? same : over, at)?.token ?? w.freshToken() };
  }),
);

/** A claim that is over, by its own token. */
const pastClaim = any.map((at) =>
  wrong(`claim ${at} of those that are over instead`, (w, held) => {
    const past = w.model.grants.filter((one) => !w.held.includes(one));
    return right(nth(past, at) ?? held);
  }),
);

const withNeighboursToken = any.map((at) =>
  wrong(`with the token of claim ${at}`, (w) => ({ token: nth(w.held, at)?.token ?? w.freshToken() })),
);

const neighboursInstance = any.map((at) =>
  wrong(`the instance of claim ${at} with the token`, (w, held) => {
    const other = nth(w.held, at) ?? held;
    return { instance: other.instance, container: other.container };
  }),
);

const inOtherFunction = fc.constant(
  wrong('in another function the instance', (w, { container }) => ({
    container: w.containers.find((other) => other !== container) ?? container,
  })),
);

const mistypedToken = any.map((at) =>
  wrong(`with mistyped token ${at}`, (_w, { token }) => ({ token: nth(mistyped(token), at)?.value })),
);

const shortToken = fc
  .constantFrom(...tooShort)
  .map(({ value, what }) => wrong(`with a token of ${what}`, () => ({ token: value })));

const withoutToken = fc.constant(wrong('without its token', () => ({ token: undefined })));

const withMalformedVariables = any.map((at) =>
  wrong(`with malformed variables ${at}`, () => ({
    more: { runtime_variables: nth(malformedVariables, at) },
    hasMalformedVariables: true,
  })),
);

const unknownInstance = any.map((at) =>
  wrong(`ID ${at} that is like that`, (_w, { instance }) => ({ instance: nth(oddIds(instance), at)?.value ?? '' })),
);

const oddKey = any.map((at) =>
  wrong(`with odd key ${at}`, (w) => {
    const key = nth(oddKeys(w.run.accessKey), at);
    return { key: { value: key?.value ?? null, shown: key?.what ?? 'no key' } };
  }),
);

const withoutKey = fc.constant(wrong('without a key', () => ({ key: noKey })));

/** All the ways. */
export const wrongs: fc.Arbitrary<Wrong> = fc.oneof(
  { weight: 6, arbitrary: withLookalike },
  { weight: 4, arbitrary: withPastToken },
  { weight: 3, arbitrary: pastClaim },
  { weight: 3, arbitrary: withNeighboursToken },
  { weight: 3, arbitrary: neighboursInstance },
  { weight: 2, arbitrary: inOtherFunction },
  { weight: 2, arbitrary: mistypedToken },
  { weight: 1, arbitrary: shortToken },
  { weight: 2, arbitrary: withoutToken },
  { weight: 1, arbitrary: unknownInstance },
  { weight: 2, arbitrary: withMalformedVariables },
  { weight: 1, arbitrary: oddKey },
  { weight: 1, arbitrary: withoutKey },
);
