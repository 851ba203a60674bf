import { excerpt, fieldOf, isRecord, type JsonRecord, parseJson } from '../json.ts';
import type { RecordedResponse } from '../result.ts';
import { statusesOfD4 } from './defects.ts';
import { type Finding, type Inspection, merge, noFindings } from './finding.ts';
import type { Validate } from './validators.ts';

const documented = (rule: string, expected: string, came: string): Finding => ({
  evidence: 'documented',
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
export const inspectEnvelope = (response: RecordedResponse, validate: Validate): Inspection => {
  const { status, body: text } = response;
  const body = parseJson(text);
  const contentType = inspectContentType(response);
  if (!isRecord(body)) {
    const rule = 'Every answer, a success or an error, is a JSON object.';
    return merge(contentType, found(documented(rule, 'a JSON object', text === '' ? 'an empty body' : excerpt(text))));
  }
  return merge(contentType, status === 200 ? inspectSuccess(body) : inspectError(status, body, validate));
};

const inspectContentType = ({ headers }: RecordedResponse): Inspection => {
  const type = headers['content-type'] ?? '';
  const rule = 'Answers are sent as application/json.';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    return found(documented(rule, 'content-type application/json', type === '' ? 'no content type' : excerpt(type)));
  }
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1] ?? 'utf-8';
  return /^utf-?8$/i.test(charset) ? noFindings : found(inferred(rule, 'JSON in UTF-8 (RFC 8259)', excerpt(type)));
};

const inspectSuccess = (body: JsonRecord): Inspection => {
  const rule = 'A success is {"data": …} and nothing else.';
  const findings: Finding[] = [];
  if (!('data' in body)) findings.push(documented(rule, 'the key data', `only ${excerpt(Object.keys(body))}`));
  if (fieldOf(body, 'error') !== undefined && body['error'] !== null) {
    findings.push(documented('An answer with an error has the error’s status.', 'status 4xx or 5xx', 'status 200'));
  }
  const others = Object.keys(body).filter((key) => key !== 'data' && key !== 'error');
  if (others.length > 0) findings.push(inferred(rule, 'no further keys', excerpt(others)));
  return found(...findings);
};

const inspectError = (status: number, body: JsonRecord, validate: Validate): Inspection => {
  const isD4 = statusesOfD4.includes(status);
  // No code is listed for these statuses either: whichever a target sends, it had none to choose from.
  const isOfD4 = ({ expected }: Finding): boolean => isD4 && expected.startsWith('/error/code must be equal to one');
  const findings = validate('ErrorEnvelope', body, '').filter((finding) => !isOfD4(finding));
  if (status < 400) {
    findings.push(documented('A success has status 200, an error 4xx or 5xx.', '200, 4xx or 5xx', String(status)));
  }
  const others = Object.keys(body).filter((key) => key !== 'data' && key !== 'error');
  if (others.length > 0) {
    findings.push(
      inferred('An error is {"error": …, "data": null} and nothing else.', 'no further keys', excerpt(others)),
    );
  }
  findings.push(...inspectErrorFields(status, body['error'], isD4));
  return { findings, defects: isD4 ? ['D1', 'D4'] : ['D1'] };
};

const jsonPointer = /^(\/([^~/]|~[01])*)*$/;

const inspectErrorFields = (status: number, error: unknown, isD4: boolean): readonly Finding[] => {
  const findings: Finding[] = [];
  const stated = fieldOf(error, 'status');
  if (typeof stated === 'number' && stated !== status) {
    findings.push(documented('error.status repeats the HTTP status.', String(status), String(stated)));
  }
  const code = fieldOf(error, 'code');
  if (typeof code === 'string' && !code.startsWith(`${status}.`) && !isD4) {
    findings.push(documented('An error’s code begins with its status.', `${status}.…`, excerpt(code)));
  }
  const listed = [400, 401, 403, 404, 409, 415, 422, 500, 501, 502, 503, 504];
  if (status >= 400 && !listed.includes(status) && !isD4) {
    findings.push(documented('An error has one of the listed statuses.', listed.join(', '), String(status)));
  }
  const source = fieldOf(error, 'source');
  if (typeof source === 'string' && !jsonPointer.test(source)) {
    findings.push(documented('error.source is a JSON pointer.', 'a JSON pointer (RFC 6901)', excerpt(source)));
  }
  const detail = fieldOf(error, 'detail');
  if (typeof detail === 'string' && /\n\s+at /.test(detail)) {
    findings.push(inferred('An error says what happened, not where in the code.', 'no stack trace', excerpt(detail)));
  }
  return findings;
};
