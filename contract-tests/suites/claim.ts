import {
  type Claim,
  type ContractCase,
  fieldOf,
  group,
  isExhausted,
  type QuestionName,
  rules,
  type Scenario,
  toClaim,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', level: 'claim', operations: ['claimInstance'], source: 'claim' });

const instancesOf = (claims: readonly Claim[]): readonly string[] => claims.map(({ instance }) => instance);

/** Sends claims at the same moment; all their answers are in when it returns. Skips where only one is granted. */
const claimTogether = async (s: Scenario, count: number): Promise<readonly Claim[]> => {
  const tokens = Array.from({ length: count }, () => s.freshToken());
  const replies = await Promise.all(tokens.map((token) => s.sendClaim({ token })));
  const granted = replies.flatMap((reply, index) => toClaim(s.container, tokens[index] ?? '', s.answered(reply)) ?? []);
  if (granted.length < 2) s.lack(s.container, 'fewer than two claims at the same moment were granted');
  return granted;
};

/** A token that nothing forbids. The answer is observed; that it comes back unchanged is inspected everywhere. */
const token = (
  id: ContractCase['id'],
  requirement: string,
  evidence: ContractCase['evidence'],
  question: QuestionName | null,
  tokensOf: (s: Scenario) => readonly string[],
): ContractCase =>
  define(id, requirement, {
    evidence,
    ...(question === null ? {} : { questions: [question] }),
    ...(evidence === 'documented' ? { source: 'claimToken' } : {}),
    run: async (s) => {
      for (const given of tokensOf(s)) {
        const answer = s.answered(await s.sendClaim({ token: given }));
        if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
        s.checkAnswer(answer, answer.status === 200 || question !== null, requirement, '200');
        if (question !== null) s.observeAnswer(question, answer);
      }
    },
  });

/** Reserving. */
export const claims = [
  define('CLAIM-001', 'Claim reserves an instance and answers its ID, its network and the token.', async (s) => {
    await s.claim();
  }),
  define('CLAIM-002', 'Claims one after the other reserve different instances at different addresses.', async (s) => {
    const claims = [await s.claim(), await s.claim()];
    s.checkDistinct(instancesOf(claims), rules.grantedOnce);
    s.checkAddresses(claims);
  }),
  define('CLAIM-003', 'Claims at the same moment reserve different instances, each under its own token.', async (s) => {
    s.checkDistinct(instancesOf(await claimTogether(s, 2)), rules.grantedOnce);
  }),
  define('CLAIM-004', 'A token that holds an instance may be used to claim another.', {
    evidence: 'inferred',
    questions: ['same-token-twice'],
    run: async (s) => {
      const first = await s.claim();
      const second = s.answered(await s.sendClaim({ token: first.token }));
      if (second.status !== 200) {
        // Whether it was the token or the lack of instances, a claim under another token shows.
        await s.claim();
        return s.observeAnswer('same-token-twice', second);
      }
      const isSame = fieldOf(second.data, 'instance_id') === first.instance;
      s.observe('same-token-twice', { behaviour: isSame ? 'the-same-instance' : 'another-instance' }, second);
    },
  }),
  token('CLAIM-005', 'A token of five characters is taken.', 'documented', null, (s) => [s.freshToken().slice(-5)]),
  define('CLAIM-006', 'A token of 255 characters is taken, and a longer one comes back whole if it is taken.', {
    evidence: 'inferred',
    questions: ['long-token'],
    run: async (s) => {
      const answer = s.answered(await s.sendClaim({ token: s.freshToken().padEnd(255, '-x') }));
      if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
      s.observeAnswer('long-token', answer);
      // No rule limits the length of tokens; the inspection checks that an accepted one comes back whole.
      await s.sendClaim({ token: s.freshToken().padEnd(5_000, '-y') });
    },
  }),
  token(
    'CLAIM-007',
    'A token comes back as it was given: letters of any script, capitals, blanks, quotes.',
    'inferred',
    'unicode-token',
    (s) => [` ${s.freshToken()} Grüße "世界" 🚲 ﬁ Å\\/`],
  ),
  define('CLAIM-008', 'A claimed instance does not run: active does not list it.', {
    source: 'active',
    operations: ['claimInstance', 'getActiveInstances'],
    run: async (s) => {
      const claimed = await s.claim();
      await s.checkUnlisted(claimed, 'Active lists instances that are starting or running.');
    },
  }),
  define('CLAIM-009', 'Two functions have different instances, also under one token.', {
    needs: ['two-functions'],
    run: async (s) => {
      const first = await s.claim();
      const container = s.secondContainer;
      const second = await s.tryClaim({ container, token: first.token });
      // A token may be good for one claim at a time, whichever function it is of.
      const other = 'instance' in second ? second : await s.claim({ container });
      s.checkDistinct(instancesOf([first, other]), rules.grantedOnce);
    },
  }),
  define('CLAIM-010', 'Whether claim takes tokens that spawn finds too short is the scheduler’s choice (D3).', {
    evidence: 'our-choice',
    questions: ['four-character-token-on-claim', 'empty-token-on-claim'],
    leavesClaims: true,
    run: async (s) => {
      s.note('D3');
      const short = [
        ['abcd', 'four-character-token-on-claim'],
        ['', 'empty-token-on-claim'],
      ] as const;
      for (const [index, [given, question]] of short.entries()) {
        const ask = async () => s.answered(await s.sendClaim({ token: given, licence: 'choice' }));
        // The first case of a run meets what the run before it could not release.
        const answer = index === 0 ? await s.askBeyondRemains(s.container, ask, isExhausted) : await ask();
        if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
        s.observeAnswer(question, answer);
      }
    },
  }),
];
