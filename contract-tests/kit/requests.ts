import { randomBytes } from 'node:crypto';
import { isProxyPage, withHyphens } from '../inspect/findings.ts';
import type { Licence } from '../inspect/inspect-response.ts';
import { fieldOf, type JsonRecord, parseJson, type Redaction, textOf } from '../model/json.ts';
import type { Operation, RecordedRequest, RecordedResponse, Step } from '../model/result.ts';
import type { Exchange } from './connection.ts';

export const accessKeyHeader = 'X-CYCLE-ACCESS-KEY';

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
  /** A text is sent as it is, whether or not it is JSON. */
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

/** One request of a case and what came of it, secrets taken out, and cut to what one reads: a screen or two. */
export const toStep = (
  { operation, key }: CaseRequest,
  recorded: RecordedRequest,
  exchange: Exchange,
  atMs: number,
  redaction: Pick<Redaction, 'text'>,
): Step => {
  const { response = null, reason: failure = null, durationMs } = exchange;
  const shorten = (text: string): string => shortened(redaction.text(text), longestRecordedText);
  const shown = key?.value == null ? {} : { [accessKeyHeader]: key.shown };
  return {
    operation,
    request: {
      ...recorded,
      headers: { ...recorded.headers, ...shown },
      body: recorded.body === null ? null : shorten(recorded.body),
    },
    response: response === null ? null : { ...response, body: shorten(response.body) },
    failure,
    atMs: Math.round(atMs),
    durationMs: Math.round(durationMs),
  };
};

const longestRecordedText = 8_192;

export const shortened = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;

/** An ID that no resource has. */
export const unknownId = (): string => `dead${randomBytes(10).toString('hex')}`;

export const noKey = { value: null, shown: '' } as const;
export const unknownKey = { value: 'no-key-of-this-scheduler', shown: 'no-key-of-this-scheduler' } as const;

/** What names a claim. */
export type Held = { readonly container: string; readonly instance: string; readonly token: string };

/** An instance reserved by a case. */
export type Claim = Held & { readonly answer: Answer };

/** The claim that an answer grants; null where it grants none. */
export const toClaim = (container: string, token: string, reply: Answer | NoAnswer): Claim | null => {
  const instance = instanceOf(reply);
  return instance === null || reply.failure !== undefined ? null : { container, instance, token, answer: reply };
};

export type Variables = Readonly<Record<string, string>>;

export const spawnBody = ({ instance, token }: Held, variables?: Variables | null): JsonRecord => ({
  token,
  instance_id: instance,
  ...(variables === undefined ? {} : { runtime_variables: { environment_variables: variables } }),
});

/** Statuses by which proxies, too, say that no instance is free. */
export const noneFree: readonly number[] = [429, 503, 504];

const statusesOfExhaustion: readonly number[] = [409, 423, 429, 503, 504];
const codesOfExhaustion: readonly string[] = ['403.not-ready', '404.instance', '422.max-exceeded'];

/** Whether the answer may say that no instance is free; with which status and code it does is the scheduler's choice. */
export const isExhausted = ({ status, code }: Answer): boolean =>
  statusesOfExhaustion.includes(status) || (code !== null && codesOfExhaustion.includes(withHyphens(code)));

/** A claim under way: whether it is answered can be asked without waiting for it. */
export type Pending = {
  readonly token: string;
  readonly reply: Promise<Answer | NoAnswer>;
  isAnswered(): boolean;
  hangUp(): void;
};

/** What a claim in line was granted; null where it was refused, or has no answer. */
export const grantedTo = async (waiting: Pending): Promise<string | null> =>
  waiting.isAnswered() ? instanceOf(await waiting.reply) : null;

/** Asks whether work is over, one way or the other, without waiting for it. */
export const watch = (work: Promise<unknown>): (() => boolean) => {
  let isOver = false;
  const note = (): void => {
    isOver = true;
  };
  work.then(note, note);
  return () => isOver;
};

/** Between the joining of two claims whose times in line are compared. */
export const apartMs = 700;
