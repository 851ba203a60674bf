import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket, Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { type Logger, silentLogger } from '../shared/logger.ts';
import { errorAnswer, toErrorBody } from './answers.ts';
import { livePath } from './app.ts';
import { endSoon } from './request-body.ts';

/**
 * Where a client on this machine reaches a server that listens on `host`: "any address" is not a destination everywhere,
 * and an IPv6 address stands in brackets. No slash at the end.
 */
export const toUrl = (host: string, port: number): string => {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

export type ListenOptions = {
  /** An IP address or a host name to listen on. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Whether another port will do where this one is taken. */
  readonly isPortPreferred?: boolean;
  /** That chooses the port on the command line. */
  readonly flag?: string;
  readonly logger: Logger;
};

const probeMs = 1_000;

/** Says what an emulator at this address says of itself, if one answers. */
const describeBusyPort = async ({ host, port, flag }: ListenOptions): Promise<string> => {
  const other = flag === '--gateway-port' ? 'another process, perhaps another emulator,' : 'another process';
  const another = `choose another port${flag === undefined ? '' : ` with ${flag}`}.`;
  try {
    const response = await fetch(`${toUrl(host, port)}${livePath}`, { signal: AbortSignal.timeout(probeMs) });
    const { data } = (await response.json()) as { readonly data: Readonly<Record<string, unknown>> };
    const { session, pid, started_at: startedAt } = data;
    if (typeof session === 'string' && typeof pid === 'number' && typeof startedAt === 'string')
      return `an emulator has the port (process ${pid}, session ${session}, started ${startedAt}). Use or stop that one, or ${another}`;
  } catch {
    // What answers there, if anything does, is no emulator.
  }
  return `${other} has the port. Stop that process (\`ss -ltnp\` shows it), or ${another}`;
};

const reasons: { readonly [code: string]: string } = {
  EACCES: 'this user may not use the port (EACCES); ports below 1024 often need privileges. Choose a port above 1023.',
  EADDRNOTAVAIL:
    'no network interface of this machine has the address (EADDRNOTAVAIL). Listen on 127.0.0.1, or on an address the machine has.',
  ENOTFOUND: 'the host name is unknown (ENOTFOUND). Listen on 127.0.0.1, or on an address the machine has.',
};

/**
 * Answers the port.
 *
 * @throws EmulatorError `portUnavailable`, which says whether an emulator has the port
 */
export const listen = async (server: TcpServer, options: ListenOptions): Promise<number> => {
  const { host, port, isPortPreferred = false, logger } = options;
  try {
    await once(server.listen(port, host), 'listening');
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    const isTaken = error.code === 'EADDRINUSE';
    if (isTaken && isPortPreferred) return await listen(server, { host, port: 0, logger });
    const reason = isTaken
      ? await describeBusyPort(options)
      : (reasons[error.code ?? ''] ?? `${error.message}. Choose another address or port.`);
    const message = `Failed to listen on ${host} port ${port}: ${reason}`;
    throw new EmulatorError(errorCodes.portUnavailable, message, { cause: error });
  }
  // Without a listener a failed accept (too many open files) would end the process.
  server.on('error', (error) => logger.error({ err: error }, 'connection not accepted'));
  // A TCP server that listens has this form of address; a string would be a pipe's.
  return (server.address() as AddressInfo).port;
};

/**
 * Knows a server's sockets and which of them owe an answer. Node's own `closeIdleConnections` spares sockets that have
 * connected and said nothing yet (browsers open such in advance); they would hold up `close` for minutes.
 */
export const trackConnections = (server: Server) => {
  const owed = new Map<Socket, Set<ServerResponse>>();
  let closed: Promise<void> | undefined;

  server.on('connection', (socket: Socket) => {
    owed.set(socket, new Set());
    socket.once('close', () => owed.delete(socket));
  });
  // Before the app, which may answer at once.
  server.prependListener('request', ({ socket }, response) => {
    const pending = owed.get(socket);
    pending?.add(response);
    if (closed !== undefined) response.setHeader('Connection', 'close');
    response.once('close', () => {
      pending?.delete(response);
      if (closed !== undefined && pending?.size === 0) socket.end();
    });
  });

  return {
    /** The answers owed on this socket, oldest first. */
    pendingOn: (socket: Socket): readonly ServerResponse[] => [...(owed.get(socket) ?? [])],
    /** Takes no more, closes idle sockets at once, busy ones after their answer, and what is left after `graceMs`. */
    close: (graceMs: number): Promise<void> => {
      if (closed !== undefined) return closed;
      closed = new Promise((resolve) => server.close(() => resolve()));
      for (const [socket, pending] of owed) {
        for (const response of pending) if (!response.headersSent) response.setHeader('Connection', 'close');
        if (pending.size === 0) socket.destroy();
      }
      const lastCall = setTimeout(() => {
        for (const socket of owed.keys()) socket.destroy();
      }, graceMs);
      server.once('close', () => clearTimeout(lastCall));
      return closed;
    },
  };
};

const unreadable: { readonly [code: string]: string } = {
  HPE_HEADER_OVERFLOW: 'The URL and headers are larger than the scheduler accepts. Shorten them.',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'The chunk extensions are larger than the scheduler accepts. Leave them out.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive. Send it in one go.',
};

const notHttp = 'The request is not well-formed HTTP/1.1. Check the request line, headers and framing.';

/** Ends a connection with an answer that is written by hand. */
const endWith = (socket: Duplex, status: number, type: string, body: string): void => {
  const headers = [`Content-Type: ${type}; charset=utf-8`, `Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, 'Connection: close'];
  endSoon(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
};

/** What is answered by hand, in the place of the app. */
type Refusal = { readonly status: number; readonly type: string; readonly body: string };

/**
 * Answers what Node's HTTP parser refuses and therefore no app ever sees. Without it Node answers with an empty body, which
 * the official client takes for a success. Requests that came whole before are answered first: what they were granted would
 * be lost otherwise.
 *
 * @param toRefusal by the parser's code; `isSeen` where the request's headers were fine, and it is the app's already
 * @returns what refuses a connection for a reason of the caller's own
 */
export const answerUnreadableRequests = (
  server: Server,
  { pendingOn }: ReturnType<typeof trackConnections>,
  toRefusal: (code: string | undefined, isSeen: boolean) => Refusal,
): ((socket: Socket, code: string | undefined) => Promise<void>) => {
  // The parser complains again about all that follows; one answer is enough.
  const refused = new WeakSet<Socket>();
  const latest = new WeakMap<Socket, IncomingMessage>();

  const refuse = async (socket: Socket, code: string | undefined): Promise<void> => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const owed = pendingOn(socket).filter(({ req, writableEnded }) => req.complete || writableEnded);
    await Promise.all(owed.map((response) => new Promise((resolve) => response.once('close', resolve))));
    // The answer before may have ended the connection.
    if (!socket.writable) return;
    const [begun] = pendingOn(socket);
    // A request that is answered already, and whose body goes wrong or stays out, gets no second answer.
    if (begun === undefined && latest.get(socket)?.complete === false) return endSoon(socket);
    // Half an answer that is on its way cannot be followed by another.
    if (begun?.headersSent) return void socket.destroy();
    const { status, type, body } = toRefusal(code, begun !== undefined);
    endWith(socket, status, type, body);
  };

  server.on('request', (request: IncomingMessage) => latest.set(request.socket, request));
  server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => {
    const socket = stream as Socket;
    // A caller that has said nothing has asked nothing: browsers connect in advance, and time out.
    const isSilent = socket.bytesRead === 0;
    if (error.code === 'ECONNRESET' || isSilent) socket.destroy();
    else void refuse(socket, error.code);
  });
  // Node answers 417 with nothing to unknown expectations; RFC 9110 (10.1.1) allows to ignore them.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Node would grant every `Expect: 100-continue`; whether a body is welcome is the app's to say.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  return refuse;
};

export type HttpServerOptions = Pick<ListenOptions, 'host' | 'port' | 'flag'> & {
  readonly app: Express;
  /** For requests that never reach the app. */
  readonly logger?: Logger;
  /** In place of ours, for tests that cannot wait so long. */
  readonly timeouts?: Pick<ServerOptions, 'headersTimeout' | 'requestTimeout' | 'connectionsCheckingInterval'>;
  /** How long `close` waits for answers that are still being worked on; 5,000 without it. */
  readonly closeGraceMs?: number;
};

export interface HttpServer extends AsyncDisposable {
  /** Where a client on this machine reaches the server; no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, lets answers in the making go out, and resolves once every socket is closed. */
  close(): Promise<void>;
}

/**
 * Of every server of an emulator: how long a caller may take to send its request. Nothing here limits the answer: a claim
 * may wait in line for minutes.
 */
export const serverLimits = {
  // From the connection, or the answer before, to the end of the headers. A connection on which nothing comes ends then.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than common clients keep an idle connection, so that they close first and no request meets a closed socket.
  keepAliveTimeout: 65_000,
  // Node would refuse these by itself, with an empty body.
  requireHostHeader: false,
};

/** Throws EmulatorError `portUnavailable`, which says whether an emulator has the port. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { app, host, closeGraceMs = 5_000, logger = silentLogger } = options;
  const server = createServer({ ...serverLimits, requestTimeout: 60_000, ...options.timeouts }, app);
  server.prependListener('request', (request) => {
    if (!request.url?.startsWith('/')) request.url = toOriginForm(request.url ?? '/');
  });
  const connections = trackConnections(server);
  const refuse = answerUnreadableRequests(server, connections, (code, isSeen) => {
    // PARITY: 408 and 431 are not among the public statuses, so all of these are 400.
    const answer = errorAnswer('400.invalid-syntax', 'Invalid syntax', { detail: unreadable[code ?? ''] ?? notHttp });
    if (!isSeen)
      logger.info({ method: null, status: answer.status, code: answer.code, reason: code ?? null }, 'request');
    return { status: answer.status, type: 'application/json', body: toErrorBody(answer) };
  });
  // Node closes the connection on CONNECT without a listener.
  server.on('connect', ({ socket }) => void refuse(socket, 'CONNECT'));
  const port = await listen(server, { ...options, logger });
  const close = (): Promise<void> => connections.close(closeGraceMs);
  return { url: toUrl(host, port), port, close, [Symbol.asyncDispose]: close };
};

/** What clients behind a proxy send in front of a path (RFC 9112, absolute form); without a host it is invalid (RFC 9110). */
const origin = /^https?:\/\/[^/?#]+/i;

/**
 * The request target in the one form that routes know (RFC 9112, origin form). A server applies it before its app sees the
 * request: Express and the validator both keep the URL that they meet first. A target that has no path gets one that does
 * not exist: Express passes over all handlers, the access key's among them, where it finds no path.
 */
const toOriginForm = (target: string): string => {
  const path = target.replace(origin, '');
  return path.startsWith('/') ? path : `/${path}`;
};
