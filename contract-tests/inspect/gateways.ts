import { fieldOf, isRecord, parseJson, textOf } from '../model/json.ts';
import type { RecordedResponse } from '../model/result.ts';

/** RFC 6749 (4.1.2.1, 5.2) and RFC 6750 (3.1). */
const errors: readonly string[] = [
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type',
  'invalid_scope', 'access_denied', 'invalid_token', 'insufficient_scope',
]; // biome-ignore format: a list of codes

/** Whether an access key is refused in OAuth's form: `{"error": "invalid_client"}`, or in WWW-Authenticate alone (D8). */
export const isOAuthError = ({ status, headers, body }: RecordedResponse): boolean => {
  if (status !== 400 && status !== 401 && status !== 403) return false;
  const challenge = headers['www-authenticate'];
  if (body.trim() === '') return status !== 400 && challenge !== undefined;
  const error = textOf(fieldOf(parseJson(body), 'error'));
  return error !== null && errors.includes(error);
};

/** What HTTP lets an intermediary answer by itself: it cleans paths, knows few methods, and bounds what it passes on. */
const statuses: readonly number[] = [
  301, 302, 307, 308, 400, 403, 404, 405, 408, 411, 413, 414, 417, 421, 431, 494, 501, 502, 503, 504, 505,
];

/** Pages that proxies send by themselves are short. */
const longestPage = 4_096;

/**
 * Whether an answer looks like that of a proxy in front of the scheduler: a short text, no JSON. Means something only
 * where the request gave a proxy reason to answer; for any other it is the target's.
 */
export const isProxyPage = ({ status, headers, body }: RecordedResponse): boolean =>
  statuses.includes(status) &&
  !/json/i.test(headers['content-type'] ?? '') &&
  body.length <= longestPage &&
  !isRecord(parseJson(body));
