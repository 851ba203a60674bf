import type { Evidence } from '../../src/profile/questions.ts';
import { fieldOf, parseJson } from '../model/json.ts';
import type { Operation, RecordedResponse } from '../model/result.ts';
import { inspectData } from './data.ts';
import { inspectEnvelope } from './envelope.ts';
import { type Finding, type Inspection, merge } from './finding.ts';
import { isProxyPage } from './proxy.ts';
import type { Memory } from './seen-instances.ts';
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

const findKey = (response: RecordedResponse, accessKey: string): readonly Finding[] => {
  const isEchoed =
    accessKey.length > 3 &&
    [response.body, ...Object.values(response.headers)].some((text) => text.includes(accessKey));
  const rule = 'The access key is a secret: answers never carry it.';
  return isEchoed ? [{ evidence: 'inferred', rule, expected: 'an answer without it', came: 'the access key' }] : [];
};
