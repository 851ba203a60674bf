import { isProxyPage } from '../inspect/gateways.ts';
import type { Licence } from '../inspect/inspect-response.ts';
import { fieldOf, type JsonRecord, parseJson, textOf } from '../model/json.ts';
import type { Operation, RecordedRequest, RecordedResponse } from '../model/result.ts';
import type { Exchange } from './connection.ts';

export const accessKeyHeader = 'X-CYCLE-ACCESS-KEY';

/** A text as a header can carry it: HTTP has bytes there, which Node writes one for each character. */
export const toHeaderText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const routes: { readonly [Name in Operation]: { readonly method: string; readonly action: string } } = {
  claimInstance: { method: 'POST', action: 'claim' },
  spawnInstance: { method: 'POST', action: 'spawn' },
  releaseInstance: { method: 'POST', action: 'release' },
  getActiveInstances: { method: 'GET', action: 'active' },
};

export const methodOf = (operation: Operation): string => routes[operation].method;

/** The operation's path; the container stands in it as given, so encode what needs it. */
export const pathOf = (operation: Operation, container: string): string =>
  `/v1/functions/${container}/${routes[operation].action}`;

/** How a case asks; what it leaves out is as the description has it. */
export type CaseRequest = {
  /** Null for requests that are none of the API's. */
  readonly operation: Operation | null;
  /** The first container without it. */
  readonly container?: string;
  readonly method?: string;
  readonly path?: string;
  /** A text is sent as it is, be it JSON or not. */
  readonly body?: JsonRecord | string;
  /** Content-Type is application/json wherever there is a body and nothing else is said here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its body goes out in two parts, cut at that byte: as chunks, or under the Content-Length that `headers` has. */
  readonly cutAt?: number;
  /** Another key, or none; `shown` stands for it in reports. */
  readonly key?: { readonly value: string | null; readonly shown: string };
  /** What of its answer is left open; nothing is without. */
  readonly licence?: Licence;
  /** Hangs up. */
  readonly signal?: AbortSignal;
};

/** What came back. */
export type Answer = {
  readonly failure?: never;
  readonly operation: Operation | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body's `data`; undefined where there is none. */
  readonly data: unknown;
  /** The code of an error. */
  readonly code: string | null;
  readonly durationMs: number;
  /** The index of its step. */
  readonly step: number;
  /** A proxy in front may have answered what was asked for, and seems to. */
  readonly isProxys: boolean;
};

export type NoAnswer = Exclude<Exchange, { readonly failure?: never }>;

export const toRecorded = (request: CaseRequest, container: string, accessKey: string): RecordedRequest => {
  const { operation, body, headers = {}, key = { value: accessKey } } = request;
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    method: request.method ?? (operation === null ? 'GET' : methodOf(operation)),
    path: request.path ?? (operation === null ? '/' : pathOf(operation, container)),
    headers: {
      ...(key.value === null ? {} : { [accessKeyHeader]: key.value }),
      ...(body === undefined || hasType ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
  };
};

export const toAnswer = (
  { operation, licence }: Pick<CaseRequest, 'operation' | 'licence'>,
  response: RecordedResponse,
  durationMs: number,
  step: number,
): Answer => {
  const { status, headers, body: text } = response;
  const body = parseJson(text);
  const code = textOf(fieldOf(body, 'error', 'code'));
  const isProxys = licence !== undefined && isProxyPage(response);
  return { operation, status, headers, text, data: fieldOf(body, 'data'), code, durationMs, step, isProxys };
};

/** The instance that a claim was granted; null where it was granted none. */
export const instanceOf = (reply: Answer | NoAnswer): string | null =>
  reply.failure === undefined && reply.status === 200 ? textOf(fieldOf(reply.data, 'instance_id')) : null;

/** In the words of a message: the status, with the code of an error. */
export const describe = (answer: Answer): string =>
  answer.code === null ? String(answer.status) : `${answer.status} ${answer.code}`;
