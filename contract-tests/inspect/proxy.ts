import { isRecord, parseJson } from '../model/json.ts';
import type { RecordedResponse } from '../model/result.ts';

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
