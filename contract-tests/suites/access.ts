import {
  type Answer,
  type ContractCase,
  group,
  isOAuthError,
  noKey,
  numbered,
  operationNames,
  type QuestionName,
  type Scenario,
  unknownId,
  unknownKey,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'accessKey',
  level: 'probe',
  operations: ['getActiveInstances'],
});

type Key = { readonly value: string | null; readonly shown: string };

const isTurnedAway = ({ status, headers, text }: Answer): boolean =>
  status === 401 || status === 403 || isOAuthError({ status, headers, body: text });

const checkTurnedAway = (s: Scenario, answer: Answer, question?: QuestionName): void => {
  const rule = 'Every operation requires an access key that the scheduler knows.';
  s.checkAnswer(answer, isTurnedAway(answer), rule, '401 or 403');
  if (question !== undefined && isTurnedAway(answer)) s.observeAnswer(question, answer);
};

/** Keys that are nearly the right one, as comparisons go wrong. Hidden in reports, since they give most of it away. */
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
  operationNames.map((operation, index) =>
    define(numbered('ACCESS', firstNumber + index), `${operation} refuses a request with ${requirement}.`, {
      operations: [operation],
      questions: [question],
      run: async (s) => {
        await s.requireOperation(operation);
        for (const key of keysOf(s))
          checkTurnedAway(s, await s.send({ ...s.harmlessRequest(operation), key }), question);
      },
    }),
  );

/** Who gets in. */
export const access = [
  ...perOperation(1, 'no access key', 'missing-key', () => [noKey]),
  ...perOperation(5, 'an empty access key', 'empty-key', () => [{ value: '', shown: '' }]),
  ...perOperation(9, 'an unknown access key', 'wrong-key', () => [unknownKey]),
  ...perOperation(13, 'a key that is nearly the right one', 'wrong-key', nearMisses),
  define('ACCESS-017', 'The name of the key’s header counts in any case.', {
    source: 'http',
    run: async (s) => {
      await s.requireOperation('getActiveInstances');
      for (const name of ['x-cycle-access-key', 'X-Cycle-Access-Key']) {
        const headers = { [name]: s.run.accessKey };
        const answer = await s.send({ operation: 'getActiveInstances', key: noKey, headers });
        s.checkOk(answer, 'Names of HTTP headers are the same in any case (RFC 9110).', `200 with the key in ${name}`);
      }
    },
  }),
  define('ACCESS-019', 'Each request shows its own key, also over a connection that has shown one before.', {
    operations: [...operationNames],
    run: async (s) => {
      for (const operation of operationNames) {
        await s.active();
        checkTurnedAway(s, await s.send({ ...s.harmlessRequest(operation), key: noKey }));
      }
    },
  }),
  define('ACCESS-020', 'Strangers learn nothing: the key is checked before the rest of the request.', {
    evidence: 'our-choice',
    operations: ['claimInstance'],
    questions: ['key-or-body-first', 'key-or-container-first'],
    run: async (s) => {
      const body = await s.send({ operation: 'claimInstance', body: '{"token":', key: noKey, licence: 'choice' });
      s.observe('key-or-body-first', { behaviour: isTurnedAway(body) ? 'key-first' : 'body-first' }, body);
      const container = unknownId();
      const request = { ...s.harmlessRequest('claimInstance'), container, key: noKey, licence: 'choice' } as const;
      const elsewhere = await s.send(request);
      const behaviour = isTurnedAway(elsewhere) ? 'key-first' : 'container-first';
      s.observe('key-or-container-first', { behaviour }, elsewhere);
    },
  }),
];
