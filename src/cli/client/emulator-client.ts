import type { EventSourceMessage } from 'eventsource-parser';
import { EmulatorError, errorCodes, hasCode } from '../../shared/errors.ts';
import { quote } from '../../shared/render-value.ts';
import { isRecord } from '../../shared/values.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import {
  type Counts,
  expectFits,
  type Fits,
  isEvent,
  isGateway,
  isLive,
  isReady,
  isRequest,
  isRequests,
  isState,
  type Live,
  type RemoteEvent,
  type Schemas,
} from './control-shapes.ts';
import {
  expectAccepted,
  type Question,
  readAnswer,
  readData,
  readEnvelope,
  readServerSentEvents,
  send,
} from './exchange.ts';

/** Where a running emulator is, and the key to it. */
export type Connection = {
  /** Of the Scheduler API, without a slash at the end. */
  readonly url: string;
  /** Of the control API, where it has a port of its own. */
  readonly controlUrl?: string;
  readonly accessKey?: string;
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
      if (url === undefined) continue;
      const { protocol = '' } = URL.parse(url) ?? {};
      if (!/^https?:$/.test(protocol)) throw toBadUrl(url, 'it is not an HTTP URL');
      // The parser of URLs would leave line breaks out.
      if (/\p{Cc}/u.test(url)) throw toBadUrl(url, 'it has a line break or another control character');
      // That of the page's link is a code, which is of use once.
      if (url.includes('#')) throw toBadUrl(url, 'it goes on with #, as links to the page do');
      if (url.includes('?')) throw toBadUrl(url, 'it has a query');
    }
  }

  /** One operation of the control API: the data of its answer, where that has the form of its description. */
  async ask<Value>(attempt: string, path: string, fits: Fits<Value>, question: Question = {}): Promise<Value> {
    return expectFits(attempt, await readData(attempt, await this.#send(path, question)), fits);
  }

  state(): Promise<Schemas['State']> {
    return this.ask("read the emulator's state", 'state', isState);
  }

  /** Which emulator it is. Needs no key. */
  live(): Promise<Live> {
    return this.ask('find the emulator', 'health/live', isLive);
  }

  /** Counts of its functions, and why it is not ready; null where it is. Needs no key. */
  async ready(): Promise<{ readonly reason: string | null; readonly functions: readonly Counts[] }> {
    const attempt = 'ask whether the emulator is ready';
    const response = await this.#send('health/ready', {});
    if (response.statusCode !== 503)
      return { reason: null, ...expectFits(attempt, await readData(attempt, response), isReady) };
    const error = (await readEnvelope(response))?.['error'];
    return { reason: isRecord(error) ? String(error['detail']) : 'it does not say why', functions: [] };
  }

  /** The gateway, or why there is none. */
  async gateway(): Promise<Schemas['Gateway'] | string> {
    const { gateway, no_gateway: reason } = await this.state();
    return expectFits('find the gateway', gateway, isGateway) ?? reason ?? 'it has no gateway';
  }

  /** One operation of the Scheduler API. */
  async schedule(
    operation: 'claim' | 'spawn' | 'release',
    { name, container_id: id }: Schemas['Function'],
    body: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { url, accessKey } = this.#connection;
    const path = `${withoutSlash(url)}/v1/functions/${id}/${operation}`;
    const response = await send(path, accessKey, { method: 'POST', body, signal, isWork: true });
    return await readData(`${operation} ${name}`, response);
  }

  /** What happens from the moment this resolves; with `after`, what happened since that event as well. */
  events(options: {
    readonly follow: boolean;
    readonly name?: string | undefined;
    readonly instance?: string | undefined;
    readonly after?: number;
    readonly signal?: AbortSignal;
  }): Promise<AsyncIterable<RemoteEvent>> {
    const { follow, name, instance, ...from } = options;
    const wanted = { follow: String(follow), ...(name && { name }), ...(instance && { instance }) };
    return this.#stream('follow events', `events?${new URLSearchParams(wanted)}`, isEvent, from);
  }

  /** The requests that are remembered, and with `follow` those to come. */
  async requests(
    follow: boolean,
  ): Promise<AsyncIterable<Schemas['LoggedRequest']> | readonly Schemas['LoggedRequest'][]> {
    if (follow) return await this.#stream('follow requests', 'requests', isRequest, { after: 0 });
    return await this.ask('list requests', 'requests', isRequests);
  }

  async #stream<Value>(
    attempt: string,
    path: string,
    fits: Fits<Value>,
    { after, signal }: { readonly after?: number; readonly signal?: AbortSignal },
  ): Promise<AsyncIterable<Value>> {
    const open = async (last?: number): Promise<AsyncIterable<EventSourceMessage>> => {
      const from: Record<string, string> = last === undefined ? {} : { 'Last-Event-ID': String(last) };
      return readServerSentEvents(await this.#open(attempt, path, 'text/event-stream', signal, from));
    };
    return toItems(attempt, fits, await open(after), after === undefined ? null : open);
  }

  /** The recording as the emulator answers it, piece by piece: as a whole it may be large. */
  async recording(): Promise<AsyncGenerator<Buffer, void>> {
    return readAnswer(await this.#open('read the recording', 'recording', 'application/json'));
  }

  /** What an instance's latest run has printed, as text or as it was written, and how much is missing before it. */
  async logs(
    instanceId: string,
    { follow, raw = false }: { readonly follow: boolean; readonly raw?: boolean },
  ): Promise<{ readonly output: AsyncIterable<Uint8Array>; readonly missingBytes: string | null }> {
    const response = await this.#openLogs(instanceId, follow, raw ? 'application/octet-stream' : 'text/plain');
    return { output: readAnswer(response), missingBytes: response.headers['missing-bytes']?.toString() ?? null };
  }

  /**
   * The output of an instance's latest run, both streams in order; with `follow`, to its end, and of a claimed instance that of
   * the run to come, from the moment this resolves. `run` names it while it is followed.
   */
  async output(instanceId: string, { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal }) {
    const response = await this.#openLogs(instanceId, follow, 'text/event-stream', signal);
    return { run: response.headers['run']?.toString() ?? null, output: toOutput(readServerSentEvents(response)) };
  }

  #openLogs(instanceId: string, follow: boolean, accept: string, signal?: AbortSignal) {
    const path = `instances/${encodeURIComponent(instanceId)}/logs?follow=${follow}`;
    return this.#open(`read the logs of ${instanceId}`, path, accept, signal);
  }

  async #open(attempt: string, path: string, accept: string, signal?: AbortSignal, from: object = {}) {
    const response = await this.#send(path, { headers: { Accept: accept, ...from }, signal });
    await expectAccepted(attempt, response);
    return response;
  }

  async #send(path: string, question: Question) {
    const { url, controlUrl = url, accessKey } = this.#connection;
    return await send(`${withoutSlash(controlUrl)}/_emulator/${path}`, accessKey, question);
  }
}

/** @param again opens the stream after the item of that number: an emulator cuts off a reader that is slow for long */
async function* toItems<Value>(
  attempt: string,
  fits: Fits<Value>,
  begun: AsyncIterable<EventSourceMessage>,
  again: ((last: number) => Promise<AsyncIterable<EventSourceMessage>>) | null,
): AsyncGenerator<Value, void> {
  for (let events = begun; ; ) {
    let last: string | undefined;
    try {
      for await (const { id, data } of events) {
        last = id;
        yield expectFits(attempt, JSON.parse(data), fits);
      }
      return;
    } catch (error) {
      if (again === null || last === undefined || !hasCode(error, errorCodes.emulatorUnreachable)) throw error;
      events = await again(Number(last));
    }
  }
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

const toBadUrl = (url: string, reason: string): EmulatorError =>
  new EmulatorError(
    errorCodes.badOption,
    `Failed to read the URL ${quote(withoutPassword(url))}: ${reason}. Write it like http://127.0.0.1:4280.`,
  );
