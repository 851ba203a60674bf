import type { ErrorAnswer, ReviseError } from '../http/answers.ts';
import { isObjectId } from '../shared/ids.ts';
import type { ProfileAnswer } from './profile.ts';
import { isError, toErrorFields } from './to-answer-overrides.ts';

type Asked = Parameters<ReviseError>[1];

const operationPath = /^\/v1\/functions\/([^/]+)\/(claim|spawn|release|active)(\/?)$/;

/** Errors about the form of requests as the profile has them. */
export const reviseRequestErrors =
  (answers: Readonly<Record<string, ProfileAnswer>>): ReviseError =>
  (answer, request) => {
    const question = questionOf(answer, request);
    const recorded = question !== null && Object.hasOwn(answers, question) ? answers[question] : undefined;
    if (recorded === undefined || !isError(recorded)) return answer;
    return { ...answer, ...toErrorFields(recorded) } as ErrorAnswer;
  };

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

export const requestQuestions: ReadonlySet<string> = new Set([
  ...Object.values(missing),
  ...['malformed-json', 'wrong-content-type', 'large-body', 'unknown-path', 'trailing-slash', 'wrong-method'],
  ...['malformed-container-id', 'body-no-object', 'mistyped-token', 'short-token-on-spawn', 'short-token-on-release'],
  ...['malformed-instance-id', 'mistyped-instance-id', 'mistyped-variables'],
]);
