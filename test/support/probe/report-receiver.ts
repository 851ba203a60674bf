import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Report = {
  readonly event: string;
  readonly id: string;
  readonly env_base64?: string;
  readonly hostname?: string;
  readonly addresses?: readonly string[];
  readonly pid?: number;
  readonly signal?: string;
};

export interface ReportReceiver extends AsyncDisposable {
  readonly port: number;
  /** All that came, in its order. */
  readonly reports: readonly Report[];
  /** The first report of that kind from that probe; waits for it if it has not come yet. */
  next(event: string, id: string): Promise<Report>;
}

/** Receives what probes report, on all addresses of this machine, since containers come from a bridge. */
export const startReportReceiver = async (): Promise<ReportReceiver> => {
  const reports: Report[] = [];
  const arrivals = new EventTarget();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      reports.push(JSON.parse(body) as Report);
      response.writeHead(204).end();
      arrivals.dispatchEvent(new Event('report'));
    });
  });
  await once(server.listen(0), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reports,
    next: async (event, id) => {
      for (;;) {
        const found = reports.find((report) => report.event === event && report.id === id);
        if (found) return found;
        await once(arrivals, 'report');
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
};

/** The variables of a `started` report. */
export const variablesOf = ({ env_base64: encoded = '' }: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Buffer.from(encoded, 'base64')
      .toString('utf8')
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
