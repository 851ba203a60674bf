import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import { type Connection, expectAccepted, type Question, readAnswer, readData, send } from './request.ts';
import { readServerSentEvents } from './server-sent-events.ts';

// What the control API answers (docs/control-api.yaml), as far as the commands use it.

export type RemoteInstance = {
  readonly id: string;
  readonly state: string;
  readonly since: string;
  readonly lease_ms: number | null;
  readonly hostname: string;
  readonly ipv4: string;
  readonly published_ports: Readonly<Record<string, number>>;
};
export type RemoteFunction = {
  readonly name: string;
  readonly container_id: string;
  readonly waiting: number;
  readonly instances: readonly RemoteInstance[];
};
export type RemoteState = {
  readonly session: string;
  readonly clock: { readonly now: string; readonly frozen: boolean };
  readonly functions: readonly RemoteFunction[];
};
export type RemoteEvent = {
  readonly name: string;
  readonly at: string;
  readonly container_id: string | null;
  readonly instance_id?: string | null;
  readonly exit?: { readonly code: number | null; readonly out_of_memory: boolean };
  readonly [detail: string]: unknown;
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
    return (await this.control("read the emulator's state", 'state')) as RemoteState;
  }

  /** One operation of the control API, answered in one piece. */
  async control(attempt: string, path: string, question: Question = {}): Promise<unknown> {
    return await readData(attempt, await this.#askControl(path, question));
  }

  /** One operation of the Scheduler API. */
  async schedule(
    operation: 'claim' | 'spawn' | 'release',
    { name, container_id: id }: RemoteFunction,
    body: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const { url, accessKey } = this.#connection;
    const question = { method: 'POST', body, ...(signal === undefined ? {} : { signal }) } as const;
    const response = await send(`${withoutSlash(url)}/v1/functions/${id}/${operation}`, accessKey, question);
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
      ...(after === undefined ? {} : { headers: { 'Last-Event-ID': String(after) } }),
      ...(signal === undefined ? {} : { signal }),
    });
    await expectAccepted('follow events', response);
    return toEvents(readServerSentEvents(readAnswer(response)));
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
    return toOutput(
      readServerSentEvents(readAnswer(await this.#askLogs(instanceId, true, 'text/event-stream', signal))),
    );
  }

  async #askLogs(instanceId: string, follow: boolean, accept: string, signal?: AbortSignal) {
    const path = `instances/${encodeURIComponent(instanceId)}/logs?follow=${follow}`;
    const question = { headers: { Accept: accept }, ...(signal === undefined ? {} : { signal }) };
    const response = await this.#askControl(path, question);
    await expectAccepted(`read the logs of ${instanceId}`, response);
    return response;
  }

  async #askControl(path: string, question: Question) {
    const { url, controlUrl = url, accessKey } = this.#connection;
    return await send(`${withoutSlash(controlUrl)}/_emulator/${path}`, accessKey, question);
  }
}

async function* toEvents(events: ReturnType<typeof readServerSentEvents>): AsyncGenerator<RemoteEvent, void> {
  for await (const { data } of events) yield JSON.parse(data) as RemoteEvent;
}

async function* toOutput(events: ReturnType<typeof readServerSentEvents>): AsyncGenerator<RemoteOutput, void> {
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
