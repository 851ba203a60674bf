import {
  type Answer,
  type Claim,
  group,
  isExhausted,
  lookalikes,
  looselyEqual,
  misreadTexts,
  type Odd,
  type OddPair,
  type Scenario,
  toClaim,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'spawn',
  level: 'lifecycle',
  operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
});

const ownTokenOnly = 'Spawn and release need the token of the claim, each character as it was.';

/** A claim under an odd token; null where the target refuses it, which is its choice. */
const claimUnder = async (s: Scenario, token: string): Promise<Claim | null> => {
  const ask = async (): Promise<Answer> => s.answered(await s.sendClaim({ token }));
  let answer = await ask();
  // What earlier cases could not give back is over after ten seconds.
  if (isExhausted(answer) && s.leftClaimed(s.container).length > 0) {
    await s.outlastOwnLeases(s.container);
    answer = await ask();
  }
  if (isExhausted(answer)) return s.skip('no further instance was free: the pool may have only few');
  s.checkAnswer(answer, answer.status < 500, 'No request makes a scheduler fail.', 'no status 5xx');
  return toClaim(s.container, token, answer);
};

/** Tries wrong tokens on a claim; false once one of them has opened it. */
const withstands = async (s: Scenario, claimed: Claim, wrong: readonly Odd[]): Promise<boolean> => {
  for (const { what, value: token } of wrong) {
    const rule = `${ownTokenOnly} It is not its token ${what}.`;
    if (!s.checkRefused(await s.sendSpawn({ ...claimed, token }), rule)) return false;
    if (!s.checkRefused(await s.sendRelease({ ...claimed, token }), rule)) return false;
  }
  return true;
};

/** Names that every object of JavaScript has: looked up in one, they are always found. */
const ofObjects = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'].map((value) => ({
  what: `the name ${value}`,
  value,
}));

const disguises = (token: string): readonly Odd[] => [
  ...lookalikes(token),
  ...ofObjects,
  { what: 'one of a list', value: `other-token,${token}` },
  { what: 'without hyphens', value: token.replaceAll('-', '') },
];

/** Equal under hashes and conversions that stores and gateways make. */
const collisions: readonly OddPair[] = [
  { what: 'the same by the hash code of Java', one: 'token-Aa', other: 'token-BB' },
  { what: 'the same by CRC-32', one: 'plumless', other: 'buckeroo' },
  { what: 'the same once entities are resolved', one: 'one&amp;two&lt;', other: 'one&two<' },
  { what: 'the same up to what UTF-8 of three bytes lacks', one: 'token-🚲-one', other: 'token-🚲-two' },
  { what: 'the same hash of MD5, read as a number', one: '240610708', other: 'QNKCDZO' },
];

/** From the longest that most take to what every column holds: which of them a target takes is its choice. */
const lengths = [5_000, 1_100, 300, 160, 80, 40];

/** Spawned and released with the most trouble in them; of all others a release says that the claim is known. */
const spawnedTexts = ['__proto__', '00042', 'null\n', "x'; DROP TABLE claims; --", '       ', 'one\ntwo\r\nthree'];

/** Tokens as they are, and as they are not. */
export const oddTokens = [
  define(
    'ODD-001',
    'What only looks like a claim’s token, or is a pattern for it, opens nothing, and the claim holds.',
    async (s) => {
      const plain = s.freshToken();
      const claimed = (await claimUnder(s, `${plain}-Ångström-ﬁ`)) ?? (await s.claim({ token: plain }));
      if (!(await withstands(s, claimed, disguises(claimed.token)))) return;
      await s.spawn(claimed);
      await s.sendRelease(claimed);
    },
  ),
  define('ODD-002', 'Tokens that a loose comparison, a collation or a conversion takes for the same are different.', {
    level: 'claim',
    run: async (s) => {
      for (const { what, one, other } of [...collisions, ...looselyEqual]) {
        const claimed = await claimUnder(s, one);
        if (claimed === null) continue;
        if (!(await withstands(s, claimed, [{ what: `or what is ${what}`, value: other }]))) return;
        await s.giveBack(claimed);
      }
    },
  }),
  define('ODD-003', 'However long a token is that claim takes, its last character counts.', {
    level: 'claim',
    run: async (s) => {
      for (const length of lengths) {
        const start = s.freshToken().padEnd(length - 1, 'abcdefghij');
        const claimed = await claimUnder(s, `${start}1`);
        if (claimed === null) continue;
        const wrong = [
          { what: 'with another last character', value: `${start}2` },
          { what: 'without its last character', value: start },
          { what: 'with more behind it', value: `${claimed.token}1` },
        ];
        if (await withstands(s, claimed, wrong)) await s.giveBack(claimed);
        return;
      }
      s.skip('the target takes no token of 40 characters');
    },
  }),
  define(
    'ODD-004',
    'A token that claim takes is taken by spawn and release, also one that could be read as something else.',
    async (s) => {
      const plain = misreadTexts.map(({ value }) => value).filter((text) => !spawnedTexts.includes(text));
      for (const token of spawnedTexts) {
        const claimed = await claimUnder(s, token);
        if (claimed === null) continue;
        await s.spawn(claimed);
        if (s.run.endsByItself) await s.sendRelease(claimed);
        else await s.release(claimed);
      }
      for (const token of plain) {
        const claimed = await claimUnder(s, token);
        if (claimed === null) continue;
        const answer = await s.sendRelease(claimed);
        if (answer.status === 200) continue;
        // Whether a claim is released that was never spawned is not documented: a spawn shows that it is known.
        await s.spawn(claimed);
        await s.sendRelease(claimed);
      }
    },
  ),
];
