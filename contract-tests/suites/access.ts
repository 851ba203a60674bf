import type { QuestionName } from '../../src/profile/questions.ts';
import { isOAuthError } from '../inspect/gateways.ts';
import { active, changesNothing, claim, requireOperation, sendSpawn, unknownId } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkRunsOn, isSeenAtWork } from '../kit/listing.ts';
import { observeAnswer } from '../kit/observations.ts';
import { harmlessRequest, noKey, unknownKey } from '../kit/refused-requests.ts';
import { type Answer, describe } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { operationNames } from '../model/result.ts';

type Key = { readonly value: string | null; readonly shown: string };

const isTurnedAway = ({ status, headers, text }: Answer): boolean =>
  status === 401 || status === 403 || isOAuthError({ status, headers, body: text });

const checkTurnedAway = (s: Scenario, answer: Answer, question?: QuestionName): void => {
  s.check(isTurnedAway(answer), {
    rule: 'Every operation requires an access key that the scheduler knows.',
    expected: '401 or 403',
    came: describe(answer),
    source: 'accessKey',
    about: answer,
  });
  if (question !== undefined && isTurnedAway(answer)) observeAnswer(s, question, answer);
};

/** Keys that are nearly the right one, as comparisons go wrong. Hidden in reports, since they tell most of it. */
const nearMisses = (s: Scenario): readonly Key[] => {
  const { accessKey, redaction } = s.run;
  const swapCase = (text: string): string =>
    [...text].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join('');
  const near: readonly Key[] = [
    { value: accessKey.slice(0, -1), shown: '<the key without its last character>' },
    { value: accessKey.slice(1), shown: '<the key without its first character>' },
    { value: `${accessKey}x`, shown: '<the key and one character more>' },
    { value: swapCase(accessKey), shown: '<the key with small letters for capitals and the reverse>' },
  ];
  const usable = near.filter(({ value }) => value !== '' && value !== accessKey);
  for (const { value, shown } of usable) if (value !== null && value.length > 3) redaction.hide(value, shown);
  return usable;
};

const perOperation = (
  firstNumber: number,
  requirement: string,
  question: QuestionName,
  keysOf: (s: Scenario) => readonly Key[],
): readonly ContractCase[] =>
  operationNames.map((operation, index) => ({
    id: `ACCESS-${String(firstNumber + index).padStart(3, '0') as `${number}`}`,
    requirement: `${operation} refuses a request with ${requirement}.`,
    evidence: 'documented',
    source: 'accessKey',
    level: 'probe',
    operations: [operation],
    questions: [question],
    run: async (s) => {
      await requireOperation(s, operation);
      for (const key of keysOf(s))
        checkTurnedAway(s, await s.send({ ...harmlessRequest(s, operation), key }), question);
    },
  }));

/** Who gets in. */
export const access: readonly ContractCase[] = [
  ...perOperation(1, 'no access key', 'missing-key', () => [noKey]),
  ...perOperation(5, 'an empty access key', 'empty-key', () => [{ value: '', shown: '' }]),
  ...perOperation(9, 'an unknown access key', 'wrong-key', () => [unknownKey]),
  ...perOperation(13, 'a key that is nearly the right one', 'wrong-key', nearMisses),
  {
    id: 'ACCESS-017',
    requirement: 'The name of the key’s header counts in any case.',
    evidence: 'documented',
    source: 'http',
    level: 'probe',
    operations: ['getActiveInstances'],
    run: async (s) => {
      await requireOperation(s, 'getActiveInstances');
      for (const name of ['x-cycle-access-key', 'X-Cycle-Access-Key']) {
        const headers = { [name]: s.run.accessKey };
        const answer = await s.send({ operation: 'getActiveInstances', key: noKey, headers });
        s.check(answer.status === 200, {
          rule: 'Names of HTTP headers are the same in any case (RFC 9110).',
          expected: `200 with the key in ${name}`,
          came: describe(answer),
          about: answer,
        });
      }
    },
  },
  {
    id: 'ACCESS-018',
    requirement: 'A key counts in the header X-CYCLE-ACCESS-KEY and nowhere else.',
    evidence: 'documented',
    source: 'accessKey',
    level: 'probe',
    operations: ['getActiveInstances'],
    run: async (s) => {
      const { accessKey } = s.run;
      await requireOperation(s, 'getActiveInstances');
      const operation = 'getActiveInstances';
      const path = `/v1/functions/${s.container}/active?access_key=${encodeURIComponent(accessKey)}`;
      checkTurnedAway(s, await s.send({ operation, key: noKey, path }));
      checkTurnedAway(s, await s.send({ operation, key: noKey, headers: { Authorization: `Bearer ${accessKey}` } }));
    },
  },
  {
    id: 'ACCESS-019',
    requirement: 'Each request shows its own key, also over a connection that has shown one before.',
    evidence: 'documented',
    source: 'accessKey',
    level: 'probe',
    operations: [...operationNames],
    run: async (s) => {
      for (const operation of operationNames) {
        await active(s);
        checkTurnedAway(s, await s.send({ ...harmlessRequest(s, operation), key: noKey }));
      }
    },
  },
  {
    id: 'ACCESS-020',
    requirement: 'Strangers learn nothing: the key is checked before the rest of the request.',
    evidence: 'our-choice',
    level: 'probe',
    operations: ['claimInstance'],
    questions: ['key-or-body-first', 'key-or-container-first'],
    run: async (s) => {
      const body = await s.send({ operation: 'claimInstance', body: '{"token":', key: noKey, licence: 'choice' });
      s.observe('key-or-body-first', { behaviour: isTurnedAway(body) ? 'key-first' : 'body-first' }, body);
      const container = unknownId();
      const elsewhere = await s.send({
        ...harmlessRequest(s, 'claimInstance'),
        container,
        key: noKey,
        licence: 'choice',
      });
      const behaviour = isTurnedAway(elsewhere) ? 'key-first' : 'container-first';
      s.observe('key-or-container-first', { behaviour }, elsewhere);
    },
  },
  {
    id: 'ACCESS-021',
    requirement: 'Spawn and release of a claimed instance need the access key.',
    evidence: 'documented',
    source: 'accessKey',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      const body = { token: claimed.token, instance_id: claimed.instance };
      checkTurnedAway(s, await s.send({ operation: 'spawnInstance', body, key: noKey }));
      const own = await sendSpawn(s, claimed);
      s.check(own.status === 200, { rule: changesNothing, expected: '200', came: describe(own), about: own });
      if (own.status !== 200) return;
      const wasListed = await isSeenAtWork(s, claimed);
      checkTurnedAway(s, await s.send({ operation: 'releaseInstance', body, key: noKey }));
      await checkRunsOn(s, claimed, wasListed);
    },
  },
];
