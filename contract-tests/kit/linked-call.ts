import { Agent as HttpAgent, type IncomingMessage, request as openHttp } from 'node:http';
import { Agent as HttpsAgent, request as openHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { toMessage } from '../../src/shared/errors.ts';
import type { Address } from './connection.ts';

/** A request to a function, with all that is said of it. */
export type LinkedRequest = {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  /** Names and values in turn, as they go out; Host and what frames the body are added. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** The body goes out in chunks, without a Content-Length. */
  readonly isChunked: boolean;
  /** Of the body only one half goes out, and the request never ends. */
  readonly isHalfSent: boolean;
  /** Asks to change to that protocol. */
  readonly protocol: string | null;
};

export type LinkedHead = {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
};

type Got = {
  /** Null where nothing came. */
  readonly head: LinkedHead | null;
  /** What came of the answer's body. */
  readonly body: Buffer;
  readonly durationMs: number;
};

/** What came of a request: a whole answer, or what was got of it and why no more. */
export type LinkedReply =
  | (Got & { readonly failure?: never; readonly head: LinkedHead })
  | (Got & { readonly failure: 'timeout' | 'aborted' | 'broken'; readonly reason: string });

/** A connection for requests one after the other. */
export type LinkedConnection = { readonly agent: HttpAgent; close(): void };

export type LinkedPlace = { readonly url: URL; readonly address: Address };

export const openLinkedConnection = ({ url, address }: LinkedPlace, host: string): LinkedConnection => {
  const options = {
    keepAlive: true,
    maxSockets: 1,
    // All requests go to one address, by each name.
    lookup: ((_host, { all }, done) =>
      all ? done(null, [address]) : done(null, address.address, address.family)) as NonNullable<
      ConstructorParameters<typeof HttpAgent>[0]
    >['lookup'],
  };
  const servername = host.replace(/:\d+$/, '');
  const agent = url.protocol === 'https:' ? new HttpsAgent({ ...options, servername }) : new HttpAgent(options);
  return { agent, close: () => agent.destroy() };
};

/** Far more than any function of the suite sends. */
const longestBody = 32 * 1024 ** 2;

/** A request under way. */
export class LinkedCall {
  /** Resolves with the answer's head as soon as it is there, with null where none comes. */
  readonly head: Promise<LinkedHead | null>;
  /** Resolves once all is over. Never rejects. */
  readonly reply: Promise<LinkedReply>;
  /** The connection, once it has changed to another protocol; null where it does not. */
  readonly changed: Promise<Duplex | null>;
  /** It went over a connection that had carried another. */
  isReused = false;
  isOver = false;
  readonly #request;
  readonly #startedAt = performance.now();
  readonly #parts: Buffer[] = [];
  readonly #head = Promise.withResolvers<LinkedHead | null>();
  readonly #reply = Promise.withResolvers<LinkedReply>();
  readonly #changed = Promise.withResolvers<Duplex | null>();
  #came: LinkedHead | null = null;
  #bytes = 0;
  readonly #timer: NodeJS.Timeout;

  constructor({ url }: LinkedPlace, connection: LinkedConnection, asked: LinkedRequest, timeoutMs: number) {
    this.head = this.#head.promise;
    this.reply = this.#reply.promise;
    this.changed = this.#changed.promise;
    this.#timer = setTimeout(
      () => this.#fail('timeout', `no complete answer within ${timeoutMs / 1_000} s`),
      timeoutMs,
    );
    const open = url.protocol === 'https:' ? openHttps : openHttp;
    this.#request = open({
      agent: connection.agent,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || undefined,
      method: asked.method,
      path: asked.path,
      headers: toRawHeaders(asked),
      setHost: false,
    });
    this.#listen();
    this.#send(asked);
  }

  /** How many bytes of the answer's body have come so far. */
  get bytes(): number {
    return this.#bytes;
  }

  hangUp(): void {
    this.#fail('aborted', 'the caller hung up');
  }

  #send({ body, isHalfSent }: LinkedRequest): void {
    if (!isHalfSent) return void this.#request.end(body ?? undefined);
    this.#request.write(body?.subarray(0, Math.floor(body.length / 2)) ?? '');
  }

  #listen(): void {
    const request = this.#request;
    request.on('response', (response) => this.#receive(response));
    request.on('upgrade', (response, socket, early) => {
      this.#note(response);
      socket.on('error', () => {});
      if (early.length > 0) socket.unshift(early);
      this.#changed.resolve(socket);
      socket.once('close', () => this.#end());
    });
    request.on('error', (error) => this.#fail('broken', toMessage(error)));
    request.on('close', () => this.#came ?? this.#fail('broken', 'the connection was closed without an answer'));
  }

  #note({ statusCode = 0, headers }: IncomingMessage): void {
    this.isReused = this.#request.reusedSocket;
    const entries = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]);
    this.#came = { status: statusCode, headers: Object.fromEntries(entries) };
    this.#head.resolve(this.#came);
  }

  #receive(response: IncomingMessage): void {
    this.#note(response);
    response.on('data', (part: Buffer) => {
      this.#bytes += part.length;
      this.#parts.push(part);
      if (this.#bytes > longestBody) this.#fail('broken', 'the answer has no end');
    });
    response.on('error', () => {});
    response.on('close', () => (response.complete ? this.#end() : this.#fail('broken', 'the answer broke off')));
  }

  get #got(): Got {
    return { head: this.#came, body: Buffer.concat(this.#parts), durationMs: performance.now() - this.#startedAt };
  }

  #end(): void {
    if (this.#came !== null) this.#settle({ ...this.#got, head: this.#came });
  }

  #fail(failure: 'timeout' | 'aborted' | 'broken', reason: string): void {
    if (this.isOver) return;
    this.#settle({ ...this.#got, failure, reason });
    this.#request.destroy();
    void this.#changed.promise.then((socket) => socket?.destroy());
  }

  #settle(reply: LinkedReply): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#head.resolve(null);
    this.#changed.resolve(null);
    this.#reply.resolve(reply);
  }
}

const toRawHeaders = ({ host, headers, body, isChunked, protocol }: LinkedRequest): string[] => [
  ...['Host', host, ...headers],
  ...(body === null ? [] : isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]),
  ...(protocol === null ? [] : ['Connection', 'Upgrade', 'Upgrade', protocol]),
];
