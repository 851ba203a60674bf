import type { Evidence } from '../../src/profile/questions.ts';
import { excerpt, fieldOf, isRecord, type JsonRecord, parseJson, textOf } from '../model/json.ts';
import type { Operation, RecordedResponse } from '../model/result.ts';
import { inspectData, type Memory } from './data.ts';
import {
  documented,
  type Finding,
  type Inspection,
  inferred,
  isOAuthError,
  isProxyPage,
  merge,
  statusesOfD4,
  unless,
  withHyphens,
} from './findings.ts';
import type { Validate } from './validators.ts';

export type Received = {
  /** Null where the request was to no operation of the API. */
  readonly operation: Operation | null;
  readonly method: string;
  readonly container: string;
  /** The request's body; undefined where it was no JSON. */
  readonly sent: unknown;
  readonly response: RecordedResponse;
  /** What of the answer is not the description's to say; all of it is without. */
  readonly licence?: Licence | undefined;
};

/**
 * `proxy`: the request is odd as HTTP, so that a proxy in front may answer it by itself. `choice`: what answers it is the
 * scheduler's choice as well.
 */
export type Licence = 'proxy' | 'choice';

/** The one way of every response, success or error. */
export type InspectResponse = (received: Received) => Inspection;

export const createInspection = (options: {
  readonly validate: Validate;
  readonly memory: Memory;
  readonly accessKey: string;
}): InspectResponse => {
  const { validate, memory, accessKey } = options;
  return ({ operation, method, container, sent, response, licence }) => {
    const echo = { findings: findKey(response, accessKey), defects: [] };
    // HTTP: an answer to HEAD has no body, and none to inspect.
    if (method === 'HEAD') return echo;
    if (licence !== undefined && isProxyPage(response)) return echo;
    const envelope = inspectEnvelope(response, validate);
    // Of requests that are none of the API's nothing public says how they are answered.
    if (operation === null) return merge([weakened(envelope, 'our-choice'), echo]);
    const data = fieldOf(parseJson(response.body), 'data');
    const inspection =
      response.status !== 200 || data === undefined
        ? envelope
        : merge([envelope, inspectData({ operation, container, sent, data }, { validate, memory })]);
    return merge([licence === 'choice' ? weakened(inspection, 'inferred') : inspection, echo]);
  };
};

/** No finding is stronger than that. */
const weakened = ({ findings, defects }: Inspection, evidence: Exclude<Evidence, 'documented'>): Inspection => ({
  findings: findings.map(({ source: _none, ...finding }) => ({ ...finding, evidence })),
  defects,
});

const keepsKey = inferred('The access key is a secret: answers never carry it.');

const findKey = (response: RecordedResponse, accessKey: string): readonly Finding[] => {
  const texts = [response.body, ...Object.values(response.headers)];
  const isEchoed = accessKey.length > 3 && texts.some((text) => text.includes(accessKey));
  return unless(!isEchoed, keepsKey, 'an answer without it', 'the access key');
};

/** Compares what surrounds the data with the description: content type, JSON, envelope, and the error in it. */
const inspectEnvelope = (response: RecordedResponse, validate: Validate): Inspection => {
  const { status, body: text } = response;
  if (isOAuthError(response)) return { findings: [], defects: ['D8'] };
  const body = parseJson(text);
  const contentType = { findings: inspectContentType(response), defects: [] };
  if (isRecord(body)) {
    const success = { findings: inspectSuccess(body), defects: [] };
    return merge([contentType, status === 200 ? success : inspectError(status, body, validate)]);
  }
  const rule = documented('Every answer, a success or an error, is a JSON object.', 'responses');
  const came = text === '' ? 'an empty body' : excerpt(text);
  return merge([contentType, { findings: unless(false, rule, 'a JSON object', came), defects: [] }]);
};

const inspectContentType = ({ headers }: RecordedResponse): readonly Finding[] => {
  const type = headers['content-type'] ?? '';
  const rule = 'Answers are sent as application/json.';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const came = type === '' ? 'no content type' : excerpt(type);
    return unless(false, documented(rule, 'responses'), 'content-type application/json', came);
  }
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
  return unless(/^utf-?8$/i.test(charset), inferred(rule), 'JSON in UTF-8 (RFC 8259)', excerpt(type));
};

const hasData = documented('A success is {"data": …}.', 'responses');
const hasErrorStatus = documented('An answer with an error has the error’s status.', 'error');

// Further keys beside data or error are no finding, nor are further fields within: the schemas allow them.
const inspectSuccess = (body: JsonRecord): readonly Finding[] => {
  const isWithout = fieldOf(body, 'error') === undefined || body['error'] === null;
  return [
    ...unless('data' in body, hasData, 'the key data', `only ${excerpt(Object.keys(body))}`),
    ...unless(isWithout, hasErrorStatus, 'status 4xx or 5xx', 'status 200'),
  ];
};

const isAboutCode = ({ expected }: Finding): boolean => expected.startsWith('/error/code must be equal to one');

const hasStatus = documented('A success has status 200, an error 4xx or 5xx.', 'responses');

const inspectError = (status: number, body: JsonRecord, validate: Validate): Inspection => {
  const isD4 = statusesOfD4.includes(status);
  const isD9 = hasListedCodeWithUnderscores(body, validate);
  // No code is listed for the statuses of D4 either: whichever a target sends, it had none to choose from.
  const schema = validate('ErrorEnvelope', body, '').filter((finding) => !((isD4 || isD9) && isAboutCode(finding)));
  return {
    findings: [
      ...schema,
      ...unless(status >= 400, hasStatus, '200, 4xx or 5xx', String(status)),
      ...inspectErrorFields(status, body['error'], isD4),
    ],
    defects: ['D1', ...(isD4 ? (['D4'] as const) : []), ...(isD9 ? (['D9'] as const) : [])],
  };
};

/** D9: the same code but for hyphens. */
const hasListedCodeWithUnderscores = (body: JsonRecord, validate: Validate): boolean => {
  const { error } = body;
  const code = fieldOf(error, 'code');
  if (!isRecord(error) || typeof code !== 'string' || !code.includes('_')) return false;
  const hyphenated = { ...body, error: { ...error, code: withHyphens(code) } };
  return !validate('ErrorEnvelope', hyphenated, '').some(isAboutCode);
};

const jsonPointer = /^(\/([^~/]|~[01])*)*$/;

const ofError = (rule: string) => documented(rule, 'error');
const repeatsStatus = ofError('error.status repeats the HTTP status.');
const beginsWithStatus = ofError('An error’s code begins with its status.');
const hasListedStatus = ofError('An error has one of the listed statuses.');
const isPointer = ofError('error.source is a JSON pointer.');
const showsNoCode = inferred('An error says what happened, not where in the code.');
const listed: readonly number[] = [400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504];

const inspectErrorFields = (status: number, error: unknown, isD4: boolean): readonly Finding[] => {
  const stated = fieldOf(error, 'status');
  const [code, source, detail] = ['code', 'source', 'detail'].map((name) => textOf(fieldOf(error, name)));
  const isStated = typeof stated !== 'number' || stated === status;
  const isListed = status < 400 || isD4 || listed.includes(status);
  return [
    ...unless(isStated, repeatsStatus, String(status), String(stated)),
    ...unless(isD4 || (code?.startsWith(`${status}.`) ?? true), beginsWithStatus, `${status}.…`, excerpt(code)),
    ...unless(isListed, hasListedStatus, listed.join(', '), String(status)),
    ...unless(jsonPointer.test(source ?? ''), isPointer, 'a JSON pointer (RFC 6901)', excerpt(source)),
    ...unless(!/\n\s+at /.test(detail ?? ''), showsNoCode, 'no stack trace', excerpt(detail)),
  ];
};
