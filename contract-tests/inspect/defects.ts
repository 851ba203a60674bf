import type { DefectNumber } from '../model/result.ts';

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

/** Statuses that only D4 keeps out of the description. */
export const statusesOfD4: readonly number[] = [405, 408, 411, 413, 414, 429, 431];
