import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Express } from 'express';
import { isLoopback } from '../shared/addresses.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { type Logger, silentLogger } from '../shared/logger.ts';
import type { AccessKey } from '../shared/types.ts';
import { isRecord } from '../shared/values.ts';
import { livePath } from './app.ts';
import { answerUnreadableRequests, trackConnections } from './connections.ts';

/**
 * Where a client on this machine reaches a server that listens on `host`: "any address" is not a destination everywhere,
 * and an IPv6 address stands in brackets. No slash at the end.
 */
export const toUrl = (host: string, port: number): string => {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

const probeMs = 1_000;

/** What an emulator at this address says of itself; null when none answers. */
const askForEmulator = async (url: string): Promise<{ session: string; pid: number; startedAt: string } | null> => {
  try {
    const response = await fetch(`${url}${livePath}`, { signal: AbortSignal.timeout(probeMs) });
    const body: unknown = await response.json();
    const data: unknown = isRecord(body) ? body['data'] : null;
    if (!isRecord(data)) return null;
    const { session, pid, started_at: startedAt } = data;
    return typeof session === 'string' && typeof pid === 'number' && typeof startedAt === 'string'
      ? { session, pid, startedAt }
      : null;
  } catch {
    return null;
  }
};

const describeBusyPort = async (host: string, port: number): Promise<string> => {
  const emulator = await askForEmulator(toUrl(host, port));
  return emulator === null
    ? 'another process has the port. Stop that process (`ss -ltnp` shows it), or choose another port.'
    : `an emulator has the port (process ${emulator.pid}, session ${emulator.session}, started ${emulator.startedAt}). Use or stop that one, or choose another port.`;
};

const describe = async (error: NodeJS.ErrnoException, host: string, port: number): Promise<string> => {
  switch (error.code) {
    case 'EADDRINUSE':
      return await describeBusyPort(host, port);
    case 'EACCES':
      return 'this user may not use the port (EACCES); ports below 1024 often need privileges. Choose a port above 1023.';
    case 'EADDRNOTAVAIL':
      return 'no network interface of this machine has the address (EADDRNOTAVAIL). Listen on 127.0.0.1, or on an address the machine has.';
    case 'ENOTFOUND':
      return 'the host name is unknown (ENOTFOUND). Listen on 127.0.0.1, or on an address the machine has.';
    default:
      return `${error.message}. Choose another address or port.`;
  }
};

/** Why the server cannot listen, in one line. */
const toListenError = async (error: NodeJS.ErrnoException, host: string, port: number): Promise<EmulatorError> =>
  new EmulatorError(
    errorCodes.portUnavailable,
    `Failed to listen on ${host} port ${port}: ${await describe(error, host, port)}`,
    { cause: error },
  );

export type HttpServerOptions = {
  readonly app: Express;
  /** An IP address or a host name to listen on. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** For requests that never reach the app. */
  readonly logger?: Logger;
  /** In place of ours, for tests that cannot wait so long. */
  readonly timeouts?: Partial<Timeouts>;
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

/** How long a caller may take to send its request. Nothing here limits the answer: a claim may wait in line for minutes. */
type Timeouts = {
  /** From the connection, or the answer before, to the end of the headers. A connection on which nothing comes ends then. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** How often it is looked for those who take longer. */
  readonly connectionsCheckingInterval: number;
};

/** Of every server of an emulator. */
export const serverLimits = {
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Longer than common clients keep an idle connection, so that they close first and no request meets a closed socket.
  keepAliveTimeout: 65_000,
  // Node would refuse these by itself, with an empty body.
  requireHostHeader: false,
};

export type ListenOptions = Pick<HttpServerOptions, 'host' | 'port'> & {
  /** Whether another port will do where this one is taken. */
  readonly isPortPreferred?: boolean;
  readonly logger: Logger;
};

/**
 * Answers the port.
 *
 * @throws EmulatorError `portUnavailable`, which says whether an emulator has the port
 */
export const listen = async (server: Server, options: ListenOptions): Promise<number> => {
  const { host, port, isPortPreferred = false, logger } = options;
  try {
    await once(server.listen(port, host), 'listening');
  } catch (caught) {
    const error = caught as NodeJS.ErrnoException;
    if (isPortPreferred && error.code === 'EADDRINUSE') return await listen(server, { host, port: 0, logger });
    throw await toListenError(error, host, port);
  }
  // Without a listener a failed accept (too many open files) would end the process.
  server.on('error', (error) => logger.error({ err: error }, 'connection not accepted'));
  // A TCP server that listens has this form of address; a string would be a pipe's.
  return (server.address() as AddressInfo).port;
};

/** Throws EmulatorError `portUnavailable`, which says whether an emulator has the port. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { app, host, closeGraceMs = 5_000, logger = silentLogger } = options;
  const server = createServer({ ...serverLimits, requestTimeout: 60_000, ...options.timeouts }, app);
  server.prependListener('request', (request) => {
    request.url = toOriginForm(request.url ?? '/');
  });
  const connections = trackConnections(server);
  answerUnreadableRequests(server, connections, logger);
  const port = await listen(server, { host, port: options.port, logger });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      connections.end(closeGraceMs);
    });
    return closed;
  };
  return { url: toUrl(host, port), port, close, [Symbol.asyncDispose]: close };
};

/**
 * Without a key all callers may do everything or none anything, so a server for others that has none is a mistake; better
 * said at its start.
 *
 * @param place where a user can add a key
 * @throws EmulatorError `badOption`
 */
export const refuseExposureWithoutKeys = (
  host: string,
  accessKeys: readonly AccessKey[],
  place = 'services.scheduler.config.access_keys',
): void => {
  if (accessKeys.some(({ secret }) => secret !== '') || isLoopback(host)) return;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to listen on ${host}: other machines can reach it, and no access key protects it. Give one in ${place}, or listen on 127.0.0.1.`,
  );
};

/** What clients behind a proxy send in front of a path (RFC 9112, absolute form); without a host it is invalid (RFC 9110). */
const origin = /^https?:\/\/[^/?#]+/i;

/**
 * The request target in the one form that routes know (RFC 9112, origin form). A server applies it before its app sees the
 * request: Express and the validator both keep the URL that they meet first. A target that has no path gets one that does
 * not exist: Express passes over all handlers, the access key's among them, where it finds no path.
 */
const toOriginForm = (target: string): string => {
  if (target.startsWith('/')) return target;
  const path = target.replace(origin, '');
  return path.startsWith('/') ? path : `/${path}`;
};
