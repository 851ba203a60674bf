import { createServer, type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { trackConnections } from '../http/connections.ts';
import { lingerMs } from '../http/request-body.ts';
import { listen, toListenError, toUrl } from '../http/server.ts';
import type { Domain } from './domains.ts';
import { KeptLeases } from './kept-leases.ts';
import { hasBody, keepAliveMs, largestHeadBytes, type Upgrade } from './pass-on.ts';
import { type GatewayParts, serveRequest } from './serve-request.ts';

/** Where functions are reached over HTTP, each request by an instance of its own. */
export type Gateway = AsyncDisposable & {
  /** Without a slash at the end; a request's Host header says which function it is for. */
  readonly url: string;
  readonly port: number;
  readonly domains: readonly Domain[];
};

export type InstancePer = 'request' | 'connection';

export type GatewayOptions = GatewayParts & {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Whether another port will do where this one is taken. */
  readonly isPortPreferred?: boolean;
  /** What an instance serves: one request, or all requests of one connection. One request without it. */
  readonly instancePer?: InstancePer;
  /** How long closing waits for answers that are on their way; 1,000 without it. */
  readonly closeGraceMs?: number;
};

const limits = {
  maxHeaderSize: largestHeadBytes,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // A request without one is refused in the gateway's own words, unless it names its host in another way.
  requireHostHeader: false,
  // A caller that is gone without a word is noticed.
  ...{ keepAlive: true, keepAliveInitialDelay: keepAliveMs },
  // A body may go on for hours, as an answer may.
  requestTimeout: 0,
  // Longer than common clients keep an idle connection, so that they close first and no request meets a closed socket.
  keepAliveTimeout: 65_000,
};

const mostConnections = 10_000;

/** On one connection. Clients that send the next request before the answer do so with a few. */
const mostUnanswered = 100;

/** @throws EmulatorError `portUnavailable` */
export const openGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { host, logger, domains, instancePer = 'request', closeGraceMs = 1_000 } = options;
  const server = createServer(limits);
  server.maxConnections = mostConnections;
  const connections = trackConnections(server);
  const served = new Set<Promise<void>>();
  const tunnels = new Set<Socket>();
  const kept = new KeptLeases();
  /** The last request of each connection, where one waits for the other. */
  const turns = new WeakMap<Socket, Promise<void>>();
  const port = await listenOn(server, options);

  const serve = (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null = null): void => {
    const exchange = { request, response, upgrade };
    const { socket } = request;
    const serving = (
      instancePer === 'request'
        ? serveRequest(options, exchange, port)
        : Promise.resolve(turns.get(socket)).then(async () => {
            if (!socket.destroyed) await serveRequest({ ...options, kept }, exchange, port);
          })
    ).catch((error: unknown) => {
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
    else before.once('close', () => socket.destroyed || serve(request, response));
  });
  // Granted only once the function is there to take the body.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  // Others are ignored, as RFC 9110 (10.1.1) allows; Node would refuse them with nothing but a status.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  /** Behind an answer that is owed there is no room for one by hand, nor for another protocol. */
  const isBehind = (socket: Duplex): boolean => {
    if (connections.pendingOn(socket as Socket).length === 0) return false;
    socket.on('error', () => {});
    socket.destroy();
    return true;
  };
  server.on('upgrade', (request, socket, head) => {
    if (isBehind(socket)) return;
    tunnels.add(socket as Socket);
    socket.once('close', () => tunnels.delete(socket as Socket));
    serveUpgrade(request, socket as Socket, head, serve);
  });
  server.on('connect', (_request, socket) => {
    if (!isBehind(socket)) refuseRaw(socket, 405, 'The gateway opens no tunnels.');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const [first, ...others] = connections.pendingOn(socket as Socket);
    const isSilent = (socket as Socket).bytesRead === 0;
    // Beside an answer on its way there is no room for another; nor behind one that its caller spoils.
    if (error.code === 'ECONNRESET' || isSilent || others.length > 0 || first?.headersSent) socket.destroy();
    else refuseRaw(socket, ...(refusals[error.code ?? ''] ?? [400, 'The request is not well-formed HTTP/1.1.']));
  });
  // Without a listener a failed accept (too many open files) would end the process.
  server.on('error', (error) => logger.error({ err: error }, 'connection not accepted'));

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    connections.end(closeGraceMs);
    for (const socket of tunnels) socket.destroy();
    await ended;
    await Promise.all(served);
    await kept[Symbol.asyncDispose]();
  };
  return {
    url: toUrl(host, port),
    port,
    domains: domains.table,
    [Symbol.asyncDispose]: () => {
      closed ??= close();
      return closed;
    },
  };
};

/** A caller that asks to change protocols; one whose request has a body, or asks for HTTP/2, gets an answer in this one. */
const serveUpgrade = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  serve: (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null) => void,
): void => {
  socket.on('error', () => socket.destroy());
  if (hasBody(request)) return refuseRaw(socket, 400, 'A request to change protocols has no body.');
  const protocol = request.headers.upgrade ?? '';
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  // The parser has let go of the connection, and without a look at it, its end would go unnoticed.
  const look = (): void => void socket.read(0);
  const goAway = (): void => void response.destroy();
  socket.on('readable', look).once('end', goAway);
  const take = (): Socket => {
    socket.off('readable', look).off('end', goAway);
    response.detachSocket(socket);
    return socket;
  };
  serve(request, response, /^h2c?$/i.test(protocol) ? null : { protocol, head, take });
};

/** By the parser's codes. */
const refusals: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The headers of the request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [
    431,
    `The headers of the request are more than 1000, or larger than ${largestHeadBytes} bytes.`,
  ],
  HPE_INVALID_METHOD: [501, 'The gateway does not know the method of the request.'],
};

/** For what never becomes a request. */
const refuseRaw = (socket: Duplex, status: number, message: string): void => {
  const body = `connection_invalid: ${message}\n`;
  const head = ['Content-Type: text/plain; charset=utf-8', `Content-Length: ${body.length}`, 'Connection: close'];
  socket.on('error', () => socket.destroy());
  if (socket.writable) socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
};

const listenOn = async (
  server: Server,
  { host, port, isPortPreferred = false, logger }: GatewayOptions,
): Promise<number> => {
  await listen(server, host, port).catch(async (error: NodeJS.ErrnoException) => {
    if (!isPortPreferred || error.code !== 'EADDRINUSE') throw await toListenError(error, host, port);
    await listen(server, host, 0).catch(async (second: unknown) => {
      throw await toListenError(second as NodeJS.ErrnoException, host, 0);
    });
    logger.warn({}, `Port ${port} is taken, so functions are served on another one. --gateway-port chooses one.`);
  });
  // A TCP server that listens has this form of address; a string would be a pipe's.
  return (server.address() as AddressInfo).port;
};
