import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { hasBody } from '../http/request-body.ts';
import {
  answerUnreadableRequests,
  type ListenOptions,
  listen,
  serverLimits,
  toUrl,
  trackConnections,
} from '../http/server.ts';
import type { Domain } from '../stack/domains.ts';
import { largestHeadBytes, type Upgrade } from './pass-on.ts';
import { keepAliveMs } from './reach.ts';
import { type GatewayParts, serveRequest } from './serve-request.ts';
import { KeptInstances } from './serving-instance.ts';

/** Where functions are reached over HTTP, each request by an instance of its own. */
export type Gateway = AsyncDisposable & {
  /** Without a slash at the end; a request's Host header says which function it is for. */
  readonly url: string;
  readonly port: number;
  readonly domains: readonly Domain[];
};

export type GatewayOptions = GatewayParts &
  ListenOptions & {
    /** How long closing waits for answers that are on their way; 1,000 without it. */
    readonly closeGraceMs?: number;
  };

const limits = {
  ...serverLimits,
  maxHeaderSize: largestHeadBytes,
  // A caller that is gone without a word is noticed.
  ...{ keepAlive: true, keepAliveInitialDelay: keepAliveMs },
  // A body may go on for hours, as an answer may.
  requestTimeout: 0,
};

const mostConnections = 10_000;

/** On one connection. Clients that send the next request before the answer do so with a few. */
const mostUnanswered = 100;

/** @throws EmulatorError `portUnavailable` */
export const openGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { host, logger, domains, policies, closeGraceMs = 1_000 } = options;
  const server = createServer(limits);
  server.maxConnections = mostConnections;
  const connections = trackConnections(server);
  const served = new Set<Promise<void>>();
  const closing = new AbortController();
  const parts = { ...options, closing: closing.signal };
  const kept = policies.instancePer === 'connection' ? new KeptInstances() : null;
  /** The last request of each connection: the next one has its instance only once it is through. */
  const turns = new WeakMap<Socket, Promise<void>>();
  const port = await listen(server, { ...options, flag: '--gateway-port' });

  const serve = (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null = null): void => {
    const exchange = { request, response, upgrade };
    const { socket } = request;
    const serveInTurn = async (): Promise<void> => {
      if (kept !== null) await turns.get(socket);
      // The answer before may have ended the connection.
      if (socket.writable) await serveRequest(parts, exchange, kept);
    };
    const serving = serveInTurn().catch((error: unknown) => {
      logger.error({ err: error }, 'linked request');
    });
    turns.set(socket, serving);
    served.add(serving);
    void serving.finally(() => served.delete(serving));
  };
  server.on('request', (request, response) => {
    const { socket } = request;
    const owed = connections.pendingOn(socket);
    if (owed.length > mostUnanswered) return void socket.destroy();
    // One after the other: what one changes the next may rely on (RFC 9112, 9.3.2).
    const before = owed.at(-2);
    if (before === undefined) serve(request, response);
    else before.once('close', () => serve(request, response));
  });
  const refuse = answerUnreadableRequests(server, connections, (code = '') => toRefusal(code));
  /** Whether the connection still waits for an answer. Closes it then: another answer or protocol would come between. */
  const isBehind = (socket: Duplex): boolean => {
    if (connections.pendingOn(socket as Socket).length === 0) return false;
    socket.on('error', () => {});
    socket.destroy();
    return true;
  };
  server.on('upgrade', (request, socket, head) => {
    if (isBehind(socket)) return;
    if (hasBody(request)) void refuse(socket as Socket, 'UPGRADE');
    else serveUpgrade(request, socket as Socket, head, serve);
  });
  server.on('connect', (_request, socket) => {
    if (!isBehind(socket)) void refuse(socket as Socket, 'CONNECT');
  });

  return {
    url: toUrl(host, port),
    port,
    get domains() {
      return domains.table;
    },
    [Symbol.asyncDispose]: async () => {
      await connections.close(closeGraceMs);
      closing.abort();
      await Promise.all(served);
      await kept?.[Symbol.asyncDispose]();
    },
  };
};

/** A caller that asks to change protocols. HTTP/2 is not offered, and in HTTP/1.0 nothing is (RFC 9110, 7.8): the answer is in this one. */
const serveUpgrade = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  serve: (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null) => void,
): void => {
  socket.on('error', () => socket.destroy());
  const asked = (request.headers.upgrade ?? '').split(',').map((item) => item.trim());
  const protocol = asked.filter((item) => !/^h2c?$/i.test(item)).join(', ');
  const isOffered = request.httpVersion === '1.1' && protocol !== '';
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  const end = (): void => socket.destroySoon();
  response.once('finish', end);
  // The parser has let go of the connection, and without a look at it, its end would go unnoticed.
  const look = (): void => void socket.read(0);
  const goAway = (): void => void response.destroy();
  socket.on('readable', look).once('end', goAway);
  const take = (): Socket => {
    response.off('finish', end).detachSocket(socket);
    socket.off('readable', look).off('end', goAway).unshift(head);
    return socket;
  };
  serve(request, response, isOffered ? { protocol, take } : null);
};

/** By the parser's codes, and two of our own. */
const refusals: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The headers of the request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [
    431,
    `The headers of the request are more than 1000, or larger than ${largestHeadBytes} bytes.`,
  ],
  HPE_INVALID_METHOD: [501, 'The gateway does not know the method of the request.'],
  CONNECT: [405, 'The gateway opens no tunnels.'],
  UPGRADE: [400, 'A request to change protocols has no body.'],
};

/** For what never becomes a request. */
const toRefusal = (code: string) => {
  const [status, message] = refusals[code] ?? [400, 'The request is not well-formed HTTP/1.1.'];
  return { status, type: 'text/plain', body: `connection_invalid: ${message}\n` };
};
