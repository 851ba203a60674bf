import type { Evidence } from '../../src/profile/questions.ts';
import { excerpt, fieldOf, isRecord, type JsonRecord, parseJson } from '../model/json.ts';
import type { DefectNumber, Operation, RecordedResponse } from '../model/result.ts';
import type { Source } from '../model/sources.ts';
import { inspectData, type Memory } from './data.ts';
import {
  type Finding,
  type Inspection,
  isOAuthError,
  isProxyPage,
  merge,
  noFindings,
  statusesOfD4,
} from './findings.ts';
import type { Validate } from './validators.ts';

const documented = (source: Source, rule: string, expected: string, came: string): Finding => ({
  evidence: 'documented',
  source,
  rule,
  expected,
  came,
});
const inferred = (rule: string, expected: string, came: string): Finding => ({
  evidence: 'inferred',
  rule,
  expected,
  came,
});
const found = (...findings: readonly Finding[]): Inspection => ({ findings, defects: [] });

/** Holds what surrounds the data to the description: content type, JSON, envelope, and the error in it. */
const inspectEnvelope = (response: RecordedResponse, validate: Validate): Inspection => {
  const { status, body: text } = response;
  if (isOAuthError(response)) return { findings: [], defects: ['D8'] };
  const body = parseJson(text);
  const contentType = inspectContentType(response);
  if (!isRecord(body)) {
    const rule = 'Every answer, a success or an error, is a JSON object.';
    const came = text === '' ? 'an empty body' : excerpt(text);
    return merge([contentType, found(documented('responses', rule, 'a JSON object', came))]);
  }
  return merge([contentType, status === 200 ? inspectSuccess(body) : inspectError(status, body, validate)]);
};

const inspectContentType = ({ headers }: RecordedResponse): Inspection => {
  const type = headers['content-type'] ?? '';
  const rule = 'Answers are sent as application/json.';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    const came = type === '' ? 'no content type' : excerpt(type);
    return found(documented('responses', rule, 'content-type application/json', came));
  }
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
  return /^utf-?8$/i.test(charset) ? noFindings : found(inferred(rule, 'JSON in UTF-8 (RFC 8259)', excerpt(type)));
};

// Further keys beside data or error are no finding, nor are further fields within: the schemas allow them.
const inspectSuccess = (body: JsonRecord): Inspection => {
  const findings: Finding[] = [];
  if (!('data' in body)) {
    const came = `only ${excerpt(Object.keys(body))}`;
    findings.push(documented('responses', 'A success is {"data": …}.', 'the key data', came));
  }
  if (fieldOf(body, 'error') !== undefined && body['error'] !== null) {
    const rule = 'An answer with an error has the error’s status.';
    findings.push(documented('error', rule, 'status 4xx or 5xx', 'status 200'));
  }
  return found(...findings);
};

const isAboutCode = ({ expected }: Finding): boolean => expected.startsWith('/error/code must be equal to one');

const inspectError = (status: number, body: JsonRecord, validate: Validate): Inspection => {
  const isD4 = statusesOfD4.includes(status);
  const isD9 = hasListedCodeWithUnderscores(body, validate);
  // No code is listed for the statuses of D4 either: whichever a target sends, it had none to choose from.
  const findings = validate('ErrorEnvelope', body, '').filter((finding) => !((isD4 || isD9) && isAboutCode(finding)));
  if (status < 400) {
    const rule = 'A success has status 200, an error 4xx or 5xx.';
    findings.push(documented('responses', rule, '200, 4xx or 5xx', String(status)));
  }
  findings.push(...inspectErrorFields(status, body['error'], isD4));
  const defects: DefectNumber[] = ['D1', ...(isD4 ? (['D4'] as const) : []), ...(isD9 ? (['D9'] as const) : [])];
  return { findings, defects };
};

/** D9: the same code but for hyphens. */
const hasListedCodeWithUnderscores = (body: JsonRecord, validate: Validate): boolean => {
  const { error } = body;
  const code = fieldOf(error, 'code');
  if (!isRecord(error) || typeof code !== 'string' || !code.includes('_')) return false;
  const hyphenated = { ...body, error: { ...error, code: withHyphens(code) } };
  return !validate('ErrorEnvelope', hyphenated, '').some(isAboutCode);
};

/** An error code in the description's spelling (D9). */
export const withHyphens = (code: string): string => code.replaceAll('_', '-');

const jsonPointer = /^(\/([^~/]|~[01])*)*$/;

const inspectErrorFields = (status: number, error: unknown, isD4: boolean): readonly Finding[] => {
  const findings: Finding[] = [];
  const stated = fieldOf(error, 'status');
  if (typeof stated === 'number' && stated !== status) {
    findings.push(documented('error', 'error.status repeats the HTTP status.', String(status), String(stated)));
  }
  const code = fieldOf(error, 'code');
  if (typeof code === 'string' && !code.startsWith(`${status}.`) && !isD4) {
    findings.push(documented('error', 'An error’s code begins with its status.', `${status}.…`, excerpt(code)));
  }
  const listed = [400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504];
  if (status >= 400 && !listed.includes(status) && !isD4) {
    findings.push(documented('error', 'An error has one of the listed statuses.', listed.join(', '), String(status)));
  }
  const source = fieldOf(error, 'source');
  if (typeof source === 'string' && !jsonPointer.test(source)) {
    const rule = 'error.source is a JSON pointer.';
    findings.push(documented('error', rule, 'a JSON pointer (RFC 6901)', excerpt(source)));
  }
  const detail = fieldOf(error, 'detail');
  if (typeof detail === 'string' && /\n\s+at /.test(detail)) {
    findings.push(inferred('An error says what happened, not where in the code.', 'no stack trace', excerpt(detail)));
  }
  return findings;
};

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

const findKey = (response: RecordedResponse, accessKey: string): readonly Finding[] => {
  const isEchoed =
    accessKey.length > 3 &&
    [response.body, ...Object.values(response.headers)].some((text) => text.includes(accessKey));
  const rule = 'The access key is a secret: answers never carry it.';
  return isEchoed ? [{ evidence: 'inferred', rule, expected: 'an answer without it', came: 'the access key' }] : [];
};
