import type { Evidence } from '../../src/profile/questions.ts';
import { fieldOf, isRecord, parseJson, textOf } from '../model/json.ts';
import type { DefectNumber, RecordedResponse } from '../model/result.ts';
import type { Source } from '../model/sources.ts';

/** A sentence of the contract, how strong it is, and where the public texts say so; the case's own without. */
export type Rule = { readonly rule: string; readonly evidence?: Evidence; readonly source?: Source };

export const documented = (rule: string, source: Source) => ({ rule, evidence: 'documented', source }) as const;
export const inferred = (rule: string) => ({ rule, evidence: 'inferred' }) as const;

/** Something in a response that is not as it should be. */
export type Finding = {
  readonly evidence: Evidence;
  /** Where the public texts say so; of documented rules. */
  readonly source?: Source;
  readonly rule: string;
  readonly expected: string;
  readonly came: string;
};

/** What an inspection comes to; defects are those of the description that the response would have fallen foul of. */
export type Inspection = { readonly findings: readonly Finding[]; readonly defects: readonly DefectNumber[] };

/** A finding where the statement is not met. */
export const unless = (
  isMet: boolean,
  rule: Pick<Finding, 'rule' | 'evidence' | 'source'>,
  expected: string,
  came: string,
): readonly Finding[] => (isMet ? [] : [{ ...rule, expected, came }]);

export const merge = (parts: readonly Inspection[]): Inspection => ({
  findings: parts.flatMap(({ findings }) => findings),
  defects: [...new Set(parts.flatMap(({ defects }) => defects))],
});

/** What is wrong with the public description. A target is judged by what is meant, never by these. */
export const defects: { readonly [Name in DefectNumber]: string } = {
  D1: 'Error.required is the single name "status, code, title": read strictly, no error body is valid. Judged by the three names.',
  D2: 'Release answers SpawnedInstance although ReleasedInstance is described for it. Either is accepted, and both together.',
  D3: 'Claim takes any token, spawn and release only those of five characters or more: a short token can be claimed and never spawned.',
  D4: 'Error.status lists no 429, although code 429.rate-limiting exists, and none of HTTP’s own such as 405 and 413. These are accepted.',
  D5: 'events.deleted is required and not nullable, also of living instances. Year 1 and null are accepted.',
  D6: 'The text of claim says "claimed within ten seconds" where it means spawned. Judged by the latter.',
  D7: 'SdnPoolIp requires "assingment" and describes "assignment". Either is accepted.',
  D8: 'For a refused access key one public text has the error envelope, another OAuth’s error (RFC 6749). Either is accepted.',
  D9: 'The description writes error codes with hyphens, the official client with underscores. Either is accepted.',
  D10: 'Of the optional fields of an instance some are nullable and some are not. Null is accepted for all of them.',
};

/** An error code in the description's spelling (D9). */
export const withHyphens = (code: string): string => code.replaceAll('_', '-');

/** Statuses that only D4 keeps out of the description. */
export const statusesOfD4: readonly number[] = [405, 408, 411, 413, 414, 429, 431];

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
