import type { ErrorAnswer, Imitation, Question } from '../http/answers.ts';
import type { PoolSpec } from '../scheduler/pool.ts';
import { isObjectId } from '../shared/ids.ts';
import { isImitatedByGateway } from './imitate-gateway.ts';
import type { Profile } from './profile.ts';
import { isQuestion, questions, type RecordedAnswer, renderAnswer } from './questions.ts';

/** Which of a profile's questions are about what the rules reject, and as what they do so. */
const rejectionsByQuestion: Readonly<Record<string, Question>> = {
  'missing-key': 'access/missing-key',
  'wrong-key': 'access/wrong-key',
  'unknown-container-on-claim': 'claimInstance/unknown-container',
  'unknown-container-on-spawn': 'spawnInstance/unknown-container',
  'unknown-container-on-release': 'releaseInstance/unknown-container',
  'unknown-container-on-active': 'getActiveInstances/unknown-container',
  'no-function-on-claim': 'claimInstance/not-a-function',
  'no-function-on-spawn': 'spawnInstance/not-a-function',
  'no-function-on-release': 'releaseInstance/not-a-function',
  'no-function-on-active': 'getActiveInstances/not-a-function',
  'exhausted-pool': 'claimInstance/queue-timeout',
  'wrong-token-on-spawn': 'spawnInstance/wrong-token',
  'unknown-instance-on-spawn': 'spawnInstance/unknown-instance',
  'spawn-without-claim': 'spawnInstance/not-claimed',
  'spawn-after-expiry': 'spawnInstance/claim-expired',
  'spawn-after-release': 'spawnInstance/already-released',
  'spawn-after-exit': 'spawnInstance/run-ended',
  'second-spawn': 'spawnInstance/already-spawned',
  'impossible-variables': 'spawnInstance/invalid-variable',
  'failed-start': 'spawnInstance/start-failed',
  'wrong-token-on-release': 'releaseInstance/wrong-token',
  'unknown-instance-on-release': 'releaseInstance/unknown-instance',
  'release-without-claim': 'releaseInstance/not-claimed',
  'release-after-expiry': 'releaseInstance/claim-expired',
  'second-release': 'releaseInstance/already-released',
  'release-before-spawn': 'releaseInstance/not-spawned',
  'release-after-exit': 'releaseInstance/run-ended',
};

/** Whether the answer is an error, which status and code say completely. */
const isError = (answer: RecordedAnswer | undefined): boolean => answer?.status !== undefined && answer.status >= 400;

/** How an app answers errors like the recorded scheduler. */
export const imitate = (answers: Profile['answers']): Imitation => ({
  answerOverrides: toAnswerOverrides(answers),
  reviseError: (answer, request) => {
    const question = questionOf(answer, request);
    const recorded = question !== null && Object.hasOwn(answers, question) ? answers[question] : undefined;
    return recorded !== undefined && isError(recorded) ? { ...answer, ...toErrorFields(recorded) } : answer;
  },
});

/** Status and code of rejections, as the profile has them. */
const toAnswerOverrides = (answers: Profile['answers']): Imitation['answerOverrides'] =>
  Object.fromEntries(
    Object.entries(answers).flatMap(([question, answer]) => {
      const rejection = Object.hasOwn(rejectionsByQuestion, question) ? rejectionsByQuestion[question] : undefined;
      return rejection === undefined || !isError(answer) ? [] : [[rejection, toErrorFields(answer)]];
    }),
  );

/**
 * The fields that an error of ours takes from a recorded one. That scheduler may send what the description does not list; it
 * is imitated all the same.
 */
const toErrorFields = ({ status, code }: RecordedAnswer) =>
  ({
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
  }) as Pick<ErrorAnswer, 'status' | 'code'>;

type Asked = Parameters<NonNullable<Imitation['reviseError']>>[1];

const operationPath = /^\/v1\/functions\/([^/]+)\/(claim|spawn|release|active)(\/?)$/;

/** Which question of a profile the error is the answer to; null where none asks for it. */
const questionOf = ({ code, source = '' }: ErrorAnswer, request: Asked): string | null => {
  switch (code) {
    case '400.invalid-syntax':
      return 'malformed-json';
    case '415.invalid-content-type':
      return 'wrong-content-type';
    case '422.max-exceeded':
      return 'large-body';
    case '404.uri':
      return questionOfPath(request.path);
    case '404.container':
      return isObjectId(operationPath.exec(request.path)?.[1] ?? '') ? null : 'malformed-container-id';
    case '422.missing-argument':
      return missing[source] ?? null;
    case '422.invalid-argument':
      return questionOfField(source, request);
    default:
      return null;
  }
};

const questionOfPath = (path: string): string => {
  const slash = operationPath.exec(path)?.[3];
  if (slash === undefined) return 'unknown-path';
  return slash === '/' ? 'trailing-slash' : 'wrong-method';
};

/** By the JSON pointer of what is missing; the whole body has none. */
const missing: Readonly<Record<string, string>> = {
  '': 'missing-body',
  '/token': 'missing-token',
  '/instance_id': 'missing-instance-id',
};

const questionOfField = (source: string, { path, body }: Asked): string => {
  const given = (body ?? {}) as { readonly token?: unknown; readonly instance_id?: unknown };
  if (source === '') return 'body-no-object';
  if (source === '/token') {
    if (typeof given.token !== 'string') return 'mistyped-token';
    return path.endsWith('/spawn') ? 'short-token-on-spawn' : 'short-token-on-release';
  }
  if (source === '/instance_id') {
    return typeof given.instance_id === 'string' ? 'malformed-instance-id' : 'mistyped-instance-id';
  }
  return 'mistyped-variables';
};

const requestQuestions: ReadonlySet<string> = new Set([
  ...Object.values(missing),
  ...['malformed-json', 'wrong-content-type', 'large-body', 'unknown-path', 'trailing-slash', 'wrong-method'],
  ...['malformed-container-id', 'body-no-object', 'mistyped-token', 'short-token-on-spawn', 'short-token-on-release'],
  ...['malformed-instance-id', 'mistyped-instance-id', 'mistyped-variables'],
]);

/** What of a profile is more than a status and a code, as far as it can be imitated. */
export const toPolicies = (answers: Profile['answers']): Partial<PoolSpec> => ({
  refusesUnspawnedRelease: isError(answers['release-before-spawn']),
  takesSecondRelease: answers['second-release']?.status === 200,
  refusesReleaseAfterExit: isError(answers['release-after-exit']),
  grantsLatestFirst: answers['order-of-instances']?.behaviour === 'latest-released-first',
  ...(answers['exhausted-pool']?.behaviour === 'at-once' ? { maxQueueTimeMs: 0 } : {}),
});

/** What the emulator cannot imitate of a profile, a sentence each. */
export const findUnsupported = ({ answers }: Profile): readonly string[] =>
  Object.entries(answers).flatMap(([question, answer]) => {
    if (!isQuestion(question)) return [`The profile answers "${question}", which the emulator does not know.`];
    const ours: RecordedAnswer = questions[question].ours;
    if (renderAnswer(ours) === renderAnswer(answer) || isImitated(question, answer, answers)) return [];
    return [`The emulator cannot imitate ${question}: it answers ${renderAnswer(ours)}, not ${renderAnswer(answer)}.`];
  });

/** The emulator makes no difference between these: an answer to the second holds for the first. */
const sameAs: Readonly<Record<string, string>> = {
  'empty-key': 'missing-key',
  'other-functions-instance-on-spawn': 'unknown-instance-on-spawn',
  'other-functions-instance-on-release': 'unknown-instance-on-release',
};

const isImitated = (question: string, answer: RecordedAnswer, answers: Profile['answers']): boolean => {
  const leader = Object.hasOwn(sameAs, question) ? answers[sameAs[question] ?? ''] : undefined;
  if (leader !== undefined) return renderAnswer(leader) === renderAnswer(answer);
  const { takesSecondRelease = false, grantsLatestFirst = false, maxQueueTimeMs } = toPolicies(answers);
  if (question === 'second-release' && takesSecondRelease) return true;
  if (question === 'order-of-instances') return grantsLatestFirst;
  if (question === 'exhausted-pool' && answer.behaviour === 'at-once') return maxQueueTimeMs === 0 && isError(answer);
  if (question.startsWith('linked-')) return isImitatedByGateway(question, answer);
  return isError(answer) && (Object.hasOwn(rejectionsByQuestion, question) || requestQuestions.has(question));
};
