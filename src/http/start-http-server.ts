import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { type Logger, silentLogger } from '../shared/logger.ts';
import { answerUnreadableRequests, trackConnections } from './connections.ts';
import { toListenError, toUrl } from './listen-error.ts';
import { toOriginForm } from './request-target.ts';

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

const timeouts: Timeouts = { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 1_000 };

const limits = {
  // Longer than common clients keep an idle connection, so that they close first and no request meets a closed socket.
  keepAliveTimeout: 65_000,
  // Node would answer these by itself, without the envelope; the app does not need the header.
  requireHostHeader: false,
};

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Throws EmulatorError `portUnavailable`, which says whether an emulator has the port. */
export const startHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { app, host, closeGraceMs = 5_000, logger = silentLogger } = options;
  const server = createServer({ ...limits, ...timeouts, ...options.timeouts }, app);
  server.prependListener('request', (request) => {
    request.url = toOriginForm(request.url ?? '/');
  });
  const connections = trackConnections(server);
  answerUnreadableRequests(server, connections, logger);
  await listen(server, host, options.port).catch(async (error: NodeJS.ErrnoException) => {
    throw await toListenError(error, host, options.port);
  });
  // Without a listener a failed accept (too many open files) would end the process.
  server.on('error', (error) => logger.error({ err: error }, 'connection not accepted'));
  // A TCP server that listens has this form of address; a string would be a pipe's.
  const { port } = server.address() as AddressInfo;
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
