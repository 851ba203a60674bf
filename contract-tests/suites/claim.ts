import type { QuestionName } from '../../src/profile/questions.ts';
import {
  type Claim,
  claim,
  freshToken,
  isExhausted,
  lack,
  outlastRemains,
  sendClaim,
  tryClaim,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { grantedOnce } from '../kit/claim-tracker.ts';
import { checkUnlisted } from '../kit/listing.ts';
import { observeAnswer } from '../kit/observations.ts';
import { describe, instanceOf } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { fieldOf } from '../model/json.ts';

const checkDistinct = (s: Scenario, claims: readonly Claim[]): void => {
  const instances = claims.map(({ instance }) => instance);
  s.check(new Set(instances).size === instances.length, {
    rule: grantedOnce,
    expected: `${instances.length} different instances`,
    came: instances.join(', '),
    source: 'claim',
  });
};

/** Sends claims at the same moment; all their answers are in when it returns. Skips where only one is granted. */
const claimTogether = async (s: Scenario, count: number): Promise<readonly Claim[]> => {
  const tokens = Array.from({ length: count }, () => freshToken(s));
  const replies = await Promise.all(tokens.map((token) => sendClaim(s, { token })));
  const granted = replies.flatMap((reply, index) => {
    const answer = s.answered(reply);
    const instance = instanceOf(answer);
    const token = tokens[index] ?? '';
    return instance === null ? [] : [{ container: s.container, instance, token, answer }];
  });
  if (granted.length < 2) lack(s, s.container, 'fewer than two claims at the same moment were granted');
  return granted;
};

/** A token that nothing forbids. The answer is observed; that it comes back unchanged is inspected everywhere. */
const token = (
  id: ContractCase['id'],
  requirement: string,
  evidence: ContractCase['evidence'],
  question: QuestionName | null,
  tokensOf: (s: Scenario) => readonly string[],
): ContractCase => ({
  id,
  requirement,
  evidence,
  level: 'claim',
  operations: ['claimInstance'],
  ...(question === null ? {} : { questions: [question] }),
  ...(evidence === 'documented' ? { source: 'claimToken' } : {}),
  run: async (s) => {
    for (const given of tokensOf(s)) {
      const answer = s.answered(await sendClaim(s, { token: given }));
      if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
      s.check(answer.status === 200 || question !== null, {
        rule: requirement,
        expected: '200',
        came: describe(answer),
        about: answer,
      });
      if (question !== null) observeAnswer(s, question, answer);
    }
  },
});

/** Reserving. */
export const claims: readonly ContractCase[] = [
  {
    id: 'CLAIM-001',
    requirement: 'Claim reserves an instance and answers its ID, its network and the token.',
    evidence: 'documented',
    source: 'claim',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      await claim(s);
    },
  },
  {
    id: 'CLAIM-002',
    requirement: 'Claims one after the other reserve different instances at different addresses.',
    evidence: 'documented',
    source: 'claim',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      const claims = [await claim(s), await claim(s)];
      checkDistinct(s, claims);
      const [one, other] = claims.map(({ answer }) => fieldOf(answer.data, 'environment', 'ipv6', 'ip'));
      if (one === undefined || other === undefined) return;
      s.check(one !== other, {
        rule: 'Different instances have different addresses.',
        expected: 'two addresses',
        came: `${one} and ${other}`,
        evidence: 'inferred',
      });
    },
  },
  {
    id: 'CLAIM-003',
    requirement: 'Claims at the same moment reserve different instances, each under its own token.',
    evidence: 'documented',
    source: 'claim',
    level: 'claim',
    operations: ['claimInstance'],
    run: async (s) => {
      checkDistinct(s, await claimTogether(s, 2));
    },
  },
  {
    id: 'CLAIM-004',
    requirement: 'A token that holds an instance may be used to claim another.',
    evidence: 'inferred',
    level: 'claim',
    operations: ['claimInstance'],
    questions: ['same-token-twice'],
    run: async (s) => {
      const first = await claim(s);
      const second = s.answered(await sendClaim(s, { token: first.token }));
      if (second.status !== 200) {
        // Whether it was the token or the lack of instances, a claim under another token shows.
        await claim(s);
        return observeAnswer(s, 'same-token-twice', second);
      }
      const isSame = fieldOf(second.data, 'instance_id') === first.instance;
      s.observe('same-token-twice', { behaviour: isSame ? 'the-same-instance' : 'another-instance' }, second);
    },
  },
  token('CLAIM-005', 'A token of five characters is taken.', 'documented', null, (s) => [freshToken(s).slice(-5)]),
  {
    id: 'CLAIM-006',
    requirement: 'A token of 255 characters is taken, and a longer one comes back whole if it is taken.',
    evidence: 'inferred',
    level: 'claim',
    operations: ['claimInstance'],
    questions: ['long-token'],
    run: async (s) => {
      const answer = s.answered(await sendClaim(s, { token: freshToken(s).padEnd(255, '-x') }));
      if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
      observeAnswer(s, 'long-token', answer);
      // No rule limits the length of tokens; the inspection checks that an accepted one comes back whole.
      await sendClaim(s, { token: freshToken(s).padEnd(5_000, '-y') });
    },
  },
  token(
    'CLAIM-007',
    'A token comes back as it was given: letters of any script, capitals, blanks, quotes.',
    'inferred',
    'unicode-token',
    (s) => [` ${freshToken(s)} Grüße "世界" 🚲 ﬁ Å\\/`],
  ),
  {
    id: 'CLAIM-008',
    requirement: 'A claimed instance does not run: active does not list it.',
    evidence: 'documented',
    source: 'active',
    level: 'claim',
    operations: ['claimInstance', 'getActiveInstances'],
    run: async (s) => {
      const claimed = await claim(s);
      await checkUnlisted(s, claimed, { rule: 'Active lists instances that are starting or running.' });
    },
  },
  {
    id: 'CLAIM-009',
    requirement: 'Two functions have different instances, also under one token.',
    evidence: 'documented',
    source: 'claim',
    level: 'claim',
    operations: ['claimInstance'],
    needs: ['two-functions'],
    run: async (s) => {
      const first = await claim(s);
      const container = s.secondContainer;
      const second = await tryClaim(s, { container, token: first.token });
      // A token may be good for one claim at a time, whichever function it is of.
      checkDistinct(s, [first, 'instance' in second ? second : await claim(s, { container })]);
    },
  },
  {
    id: 'CLAIM-010',
    requirement: 'Whether claim takes tokens that spawn finds too short is the scheduler’s choice (D3).',
    evidence: 'our-choice',
    level: 'claim',
    operations: ['claimInstance'],
    leavesClaims: true,
    questions: ['four-character-token-on-claim', 'empty-token-on-claim'],
    run: async (s) => {
      s.note('D3');
      const short = [
        ['abcd', 'four-character-token-on-claim'],
        ['', 'empty-token-on-claim'],
      ] as const;
      for (const [index, [given, question]] of short.entries()) {
        const ask = async () => s.answered(await sendClaim(s, { token: given, licence: 'choice' }));
        let answer = await ask();
        const isFree = async () => {
          answer = await ask();
          return !isExhausted(answer);
        };
        // The first case of a run meets what the run before it could not release.
        if (isExhausted(answer) && index === 0) await outlastRemains(s, s.container, isFree);
        if (isExhausted(answer)) s.skip('no further instance was free while this case held some');
        observeAnswer(s, question, answer);
      }
    },
  },
];
