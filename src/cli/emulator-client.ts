import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { components } from '../openapi/control-types.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { isRecord } from '../shared/values.ts';
import { withoutPassword } from '../shared/without-password.ts';

/** Where a running emulator is, and the key to it. */
export type Connection = {
  /** Of the Scheduler API, without a slash at the end. */
  readonly url: string;
  /** Of the control API, where it has a port of its own. */
  readonly controlUrl?: string;
  readonly accessKey?: string;
};

type Question = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Sends a request and answers once the answer begins. By hand instead of `fetch`, which gives up on an answer that says
 * nothing for five minutes, as a quiet function's log may; undici has an option for that, and would take longer to load
 * than a command to run.
 */
const send = async (url: string, accessKey: string | undefined, question: Question): Promise<IncomingMessage> => {
  const { method = 'GET', body, headers = {}, signal } = question;
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const ask = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
  const request = ask(url, {
    method,
    agent: false,
    headers: {
      ...(accessKey === undefined ? {} : { 'X-CYCLE-ACCESS-KEY': accessKey }),
      ...(bytes === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  request.end(bytes);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new EmulatorError(
      errorCodes.emulatorUnreachable,
      `Failed to reach an emulator at ${new URL(url).origin}: ${code ?? message}. Start one with cycle-scheduler start, or give its URL with --url.`,
      { cause: error },
    );
  }
};

/** The bytes of an answer. One that breaks off, as with an emulator that was killed, is an error that says so. */
async function* readAnswer(response: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw new EmulatorError(
      errorCodes.emulatorUnreachable,
      'Failed to read the answer to its end: the connection to the emulator broke. Check that it still runs.',
      { cause: error },
    );
  }
}

/** The `data` of an answer; throws what its envelope says where it is none. */
const readData = async (attempt: string, response: IncomingMessage): Promise<unknown> => {
  const content = await text(readAnswer(response));
  const envelope = parseEnvelope(content);
  if (response.statusCode === 200 && envelope !== null) return envelope['data'];
  throw toRefusal(attempt, response, envelope);
};

/** Throws what an answer says against the attempt; does nothing where it says nothing against it. */
const expectAccepted = async (attempt: string, response: IncomingMessage): Promise<void> => {
  if (response.statusCode === 200) return;
  throw toRefusal(attempt, response, parseEnvelope(await text(readAnswer(response))));
};

type Envelope = Readonly<Record<string, unknown>>;

const parseEnvelope = (content: string): Envelope | null => {
  try {
    const value: unknown = JSON.parse(content);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
};

const toRefusal = (attempt: string, { statusCode }: IncomingMessage, envelope: Envelope | null): EmulatorError => {
  const { code, detail } = isRecord(envelope?.['error']) ? envelope['error'] : {};
  if (statusCode === 401) {
    const advice = "Give one of the stack's access keys with --access-key or CYCLE_ACCESS_KEY";
    return new EmulatorError(
      errorCodes.refused,
      `Failed to ${attempt}: the access key is missing or wrong. ${advice}.`,
    );
  }
  const reason =
    typeof detail === 'string'
      ? detail
      : `${code ?? 'the answer is not from a scheduler'} (status ${statusCode}). Check --url`;
  return new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${/[.?]$/.test(reason) ? reason : `${reason}.`}`);
};

type Schemas = components['schemas'];

export type RemoteInstance = Schemas['Instance'];
export type RemoteFunction = Schemas['Function'];
export type RemoteState = Schemas['State'];
export type RemoteGateway = Schemas['Gateway'];
export type RemoteFault = Schemas['ArmedFault'];
/** What else there is depends on the name. */
export type RemoteEvent = Schemas['Event'] & { readonly exit?: Exit; readonly id?: unknown; readonly effect?: unknown };
type Exit = { readonly code: number | null; readonly out_of_memory: boolean };

/** By name the types of a value and of what is in it, as far as commands read it: a newer emulator may answer more. */
type Shape<Value> = Value extends readonly (infer Item)[]
  ? readonly [Shape<Item>]
  : Value extends object
    ? { readonly [Name in keyof Value]?: Shape<Value[Name]> }
    : string;

const instanceShape: Shape<RemoteInstance> = {
  ...{ id: 'string', state: 'string', since: 'string', lease_ms: 'number|null', hostname: 'string', ipv4: 'string' },
  published_ports: {},
};
const stateShape: Shape<RemoteState> = {
  clock: { now: 'string' },
  functions: [{ name: 'string', container_id: 'string', waiting: 'number', instances: [instanceShape] }],
};
const gatewayShape: Shape<RemoteGateway> = {
  url: 'string',
  domains: [{ domain: 'string', match_path: 'string|null', function: 'string' }],
};
const eventShape: Shape<RemoteEvent> = { name: 'string', at: 'string', container_id: 'string|null' };
const exitShape: Shape<Exit> = { code: 'number|null', out_of_memory: 'boolean' };
const faultsShape: Shape<readonly RemoteFault[]> = [
  { id: 'string', match: {}, effect: { type: 'string' }, fired: 'number' },
];

const has = (value: unknown, shape: unknown): boolean => {
  if (typeof shape === 'string') return shape.split('|').includes(value === null ? 'null' : typeof value);
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => has(item, shape[0]));
  return isRecord(value) && isRecord(shape) && Object.entries(shape).every(([name, inner]) => has(value[name], inner));
};

const isState = (value: unknown): value is RemoteState => has(value, stateShape);
const isGateway = (value: unknown): value is RemoteGateway | null => value === null || has(value, gatewayShape);
const isEvent = (value: unknown): value is RemoteEvent =>
  has(value, eventShape) && isRecord(value) && (value['exit'] === undefined || has(value['exit'], exitShape));
const isFaults = (value: unknown): value is readonly RemoteFault[] => has(value, faultsShape);

/** The value, where it is what docs/control-api.yaml says. */
const expectFits = <Value>(attempt: string, value: unknown, fits: (value: unknown) => value is Value): Value => {
  if (fits(value)) return value;
  const reason =
    'the answer is not one of the control API. Check --url, and that the emulator has the version of this CLI';
  throw new EmulatorError(errorCodes.refused, `Failed to ${attempt}: ${reason}.`);
};

/** A piece of a run's output; `missing` counts what could not be kept for this reader. */
export type RemoteOutput =
  | { readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }
  | { readonly stream: 'missing'; readonly what: string };

/** A running emulator, over HTTP. All of it throws EmulatorErrors that say what was tried. */
export class Remote {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    for (const url of [connection.url, connection.controlUrl]) {
      if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw toBadUrl(url);
    }
  }

  async state(): Promise<RemoteState> {
    const attempt = "read the emulator's state";
    return expectFits(attempt, await readData(attempt, await this.#askControl('state', {})), isState);
  }

  /** The gateway, or why there is none. */
  async gateway(): Promise<RemoteGateway | string> {
    const { gateway, no_gateway: reason } = await this.state();
    return expectFits('find the gateway', gateway, isGateway) ?? reason ?? 'it has no gateway';
  }

  /** An operation on `/_emulator/faults`: answers those that are set afterwards, or the one that it has added. */
  async faults(attempt: string, path = '', question: Question = {}): Promise<readonly RemoteFault[]> {
    const data = await readData(attempt, await this.#askControl(`faults${path}`, question));
    return expectFits(attempt, Array.isArray(data) ? data : [data], isFaults);
  }

  /** One operation of the Scheduler API. */
  async schedule(
    operation: 'claim' | 'spawn' | 'release',
    { name, container_id: id }: RemoteFunction,
    body: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { url, accessKey } = this.#connection;
    const path = `${withoutSlash(url)}/v1/functions/${id}/${operation}`;
    const response = await send(path, accessKey, { method: 'POST', body, signal });
    return await readData(`${operation} ${name}`, response);
  }

  /** What happens from the moment this resolves; with `after`, what happened since that event as well. */
  async events(options: {
    readonly follow: boolean;
    readonly after?: number;
    readonly signal?: AbortSignal;
  }): Promise<AsyncIterable<RemoteEvent>> {
    const { follow, after, signal } = options;
    const response = await this.#askControl(`events?follow=${follow}`, {
      headers: after === undefined ? {} : { 'Last-Event-ID': String(after) },
      signal,
    });
    await expectAccepted('follow events', response);
    return toEvents(readServerSentEvents(response));
  }

  /** What an instance's latest run has printed, as text or as it was written, and how much is missing before it. */
  async logs(
    instanceId: string,
    { follow, raw = false }: { readonly follow: boolean; readonly raw?: boolean },
  ): Promise<{ readonly output: AsyncIterable<Uint8Array>; readonly missingBytes: string | null }> {
    const response = await this.#askLogs(instanceId, follow, raw ? 'application/octet-stream' : 'text/plain');
    return { output: readAnswer(response), missingBytes: response.headers['missing-bytes']?.toString() ?? null };
  }

  /** The output of the run that comes next on a claimed instance, both streams in order; it is followed once this resolves. */
  async outputOfNextRun(instanceId: string, signal: AbortSignal): Promise<AsyncIterable<RemoteOutput>> {
    return toOutput(readServerSentEvents(await this.#askLogs(instanceId, true, 'text/event-stream', signal)));
  }

  async #askLogs(instanceId: string, follow: boolean, accept: string, signal?: AbortSignal) {
    const path = `instances/${encodeURIComponent(instanceId)}/logs?follow=${follow}`;
    const response = await this.#askControl(path, { headers: { Accept: accept }, signal });
    await expectAccepted(`read the logs of ${instanceId}`, response);
    return response;
  }

  async #askControl(path: string, question: Question) {
    const { url, controlUrl = url, accessKey } = this.#connection;
    return await send(`${withoutSlash(controlUrl)}/_emulator/${path}`, accessKey, question);
  }
}

/** The events of an answer (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
async function* readServerSentEvents(response: IncomingMessage): AsyncGenerator<EventSourceMessage, void> {
  const received: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => received.push(event) });
  const decoder = new TextDecoder();
  for await (const bytes of readAnswer(response)) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* received.splice(0);
  }
}

async function* toEvents(events: AsyncIterable<EventSourceMessage>): AsyncGenerator<RemoteEvent, void> {
  for await (const { data } of events) yield expectFits('follow events', JSON.parse(data), isEvent);
}

async function* toOutput(events: AsyncIterable<EventSourceMessage>): AsyncGenerator<RemoteOutput, void> {
  for await (const { event, data } of events) {
    if (event === 'stdout' || event === 'stderr') yield { stream: event, data: Buffer.from(data, 'base64') };
    else if (event === 'missing') yield { stream: event, what: describeMissing(JSON.parse(data)) };
  }
}

const describeMissing = ({ stream, bytes }: { readonly stream: string; readonly bytes: number | null }): string =>
  bytes === null ? `Bytes of ${stream} may be missing here.` : `${bytes} bytes of ${stream} are missing here.`;

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const toBadUrl = (url: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to read the URL ${JSON.stringify(withoutPassword(url))}: it is not an HTTP URL. Write it like http://127.0.0.1:4280.`,
  );
