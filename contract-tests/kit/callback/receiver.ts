import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmulatorError, errorCodes, toMessage } from '../../../src/shared/errors.ts';
import type { CallbackOptions } from '../../model/options.ts';
import { parseReport, type Report } from './report.ts';

/** Hears what functions report. Disposing frees the port. */
export interface Receiver extends AsyncDisposable {
  /** Where functions report to, as they see it. */
  readonly url: string;
  /** The reports of one run, in the order of their arrival. */
  reportsOf(id: string): readonly ReceivedReport[];
}

/** `at` is on the clock of `performance.now()`. */
export type ReceivedReport = Report & { readonly at: number };

/** More than any environment a process can have. */
const largestReportBytes = 8 * 2 ** 20;

/**
 * Listens on all addresses, because containers come from their bridge; therefore only under a path that nobody can
 * guess. Throws an EmulatorError where it cannot listen.
 */
export const startReceiver = async (options: CallbackOptions): Promise<Receiver> => {
  const path = `/${randomBytes(16).toString('hex')}`;
  const reports: ReceivedReport[] = [];
  const server = createServer((request, response) => {
    void receive(request, response, path).then((report) => {
      if (report !== null) reports.push({ ...report, at: performance.now() });
    });
  });
  const { host = '0.0.0.0', port = 0 } = options;
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw new EmulatorError(
      errorCodes.portUnavailable,
      `Failed to listen for functions on ${host} port ${port}: ${toMessage(error)}. Choose another port, or do without callbacks.`,
    );
  }
  // What still reports when the run is over must not keep the process alive.
  server.unref();
  const listening = server.address() as AddressInfo;
  const base = options.url?.replace(/\/$/, '') ?? `http://host.docker.internal:${listening.port}`;
  return {
    url: `${base}${path}`,
    reportsOf: (id) => reports.filter((report) => report.id === id),
    [Symbol.asyncDispose]: async () => {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
};

const receive = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<Report | null> => {
  const isOurs = request.method === 'POST' && request.url === path;
  const text = isOurs ? await readText(request) : null;
  response.writeHead(isOurs ? 204 : 404, { Connection: 'close' }).end();
  return text === null ? null : parseReport(text);
};

const readText = async (request: IncomingMessage): Promise<string | null> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > largestReportBytes) return null;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts).toString('utf8');
};
