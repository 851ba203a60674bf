import type { AnswerOverrides, Question } from '../http/rejection-answers.ts';
import type { ProfileAnswer } from './profile.ts';

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
export const isError = ({ status }: ProfileAnswer): boolean => status !== undefined && status >= 400;

/** Status and code of rejections, as the profile has them. */
export const toAnswerOverrides = (answers: Readonly<Record<string, ProfileAnswer>>): AnswerOverrides =>
  Object.fromEntries(
    Object.entries(answers).flatMap(([question, answer]) => {
      const rejection = Object.hasOwn(rejectionsByQuestion, question) ? rejectionsByQuestion[question] : undefined;
      if (rejection === undefined || !isError(answer)) return [];
      // A recorded scheduler may send what the description does not list; it is imitated all the same.
      return [[rejection, toErrorFields(answer) as AnswerOverrides[Question]]];
    }),
  );

/** The fields that an error of ours takes from a recorded one. */
export const toErrorFields = ({ status, code }: ProfileAnswer): { status?: number; code?: string } => ({
  ...(status === undefined ? {} : { status }),
  ...(code === undefined ? {} : { code }),
});

export const rejectionQuestions: ReadonlySet<string> = new Set(Object.keys(rejectionsByQuestion));
