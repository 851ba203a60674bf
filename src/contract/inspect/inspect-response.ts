import { fieldOf, parseJson } from '../json.ts';
import type { RecordedResponse } from '../result.ts';
import type { Operation } from '../vocabulary.ts';
import { inspectData } from './data.ts';
import { inspectEnvelope } from './envelope.ts';
import { type Finding, type Inspection, merge } from './finding.ts';
import type { Memory } from './memory.ts';
import type { Validate } from './validators.ts';

export type Received = {
  /** Null where the request was to no operation of the API. */
  readonly operation: Operation | null;
  readonly method: string;
  readonly container: string;
  /** The request's body; undefined where it was no JSON. */
  readonly sent: unknown;
  readonly response: RecordedResponse;
};

/** The one way of every response, success or error, whoever asked for what. */
export type InspectResponse = (received: Received) => Inspection;

export const createInspection = (options: {
  readonly validate: Validate;
  readonly memory: Memory;
  readonly accessKey: string;
}): InspectResponse => {
  const { validate, memory, accessKey } = options;
  return ({ operation, method, container, sent, response }) => {
    const echo = { findings: findKey(response, accessKey), defects: [] };
    // HTTP: an answer to HEAD has no body, and none to inspect.
    if (method === 'HEAD') return echo;
    const envelope = merge(inspectEnvelope(response, validate), echo);
    const data = fieldOf(parseJson(response.body), 'data');
    if (response.status !== 200 || operation === null || data === undefined) return envelope;
    return merge(envelope, inspectData({ operation, container, sent, data }, { validate, memory }));
  };
};

const findKey = (response: RecordedResponse, accessKey: string): readonly Finding[] => {
  const isEchoed =
    accessKey.length > 3 &&
    [response.body, ...Object.values(response.headers)].some((text) => text.includes(accessKey));
  const rule = 'The access key is a secret: answers never carry it.';
  return isEchoed ? [{ evidence: 'inferred', rule, expected: 'an answer without it', came: 'the access key' }] : [];
};
