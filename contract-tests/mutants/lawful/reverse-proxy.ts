import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const longestTarget = 1_024;
const largestBody = 1_000_000;
const methods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'];

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  502: 'Bad Gateway',
};

/**
 * An ordinary reverse proxy: it keeps connections of its own to the scheduler, adds and drops headers, and answers by
 * itself, with a page, what it does not pass on.
 */
export const startReverseProxy = async (target: string): Promise<AsyncDisposable & { readonly url: string }> => {
  const upstream = new Agent({ keepAlive: true, maxSockets: 64 });
  const server = createServer((incoming, outgoing) => {
    const refusal = findRefusal(incoming);
    if (refusal === null) forward(target, upstream, incoming, outgoing);
    else answer(outgoing, refusal);
  });
  server.keepAliveTimeout = 120_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      upstream.destroy();
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
};

const findRefusal = ({ method = '', url = '', headers }: IncomingMessage): number | null => {
  if (!methods.includes(method)) return 405;
  if (url.length > longestTarget) return 414;
  if (/%00|%2f/i.test(url)) return 400;
  return Number(headers['content-length'] ?? 0) > largestBody ? 413 : null;
};

const answer = (outgoing: ServerResponse, status: number): void => {
  const title = `${status} ${reasons[status]}`;
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  const headers = { server: 'proxy', 'content-type': 'text/html', 'content-length': page.length };
  // What is still to come of the request is not read.
  outgoing.writeHead(status, status === 413 ? { ...headers, connection: 'close' } : headers).end(page);
};

const ofTheConnection: readonly string[] = ['connection', 'keep-alive', 'transfer-encoding', 'date', 'x-powered-by'];

const forward = (target: string, agent: Agent, incoming: IncomingMessage, outgoing: ServerResponse): void => {
  const { connection: _own, ...headers } = incoming.headers;
  const passed = request(`${target}${incoming.url}`, {
    agent,
    method: incoming.method ?? '',
    headers: { ...headers, 'x-forwarded-for': '127.0.0.1', via: '1.1 proxy' },
  });
  passed.on('response', (response) => {
    const kept = Object.entries(response.headers).filter(([name]) => !ofTheConnection.includes(name));
    outgoing.writeHead(response.statusCode ?? 502, { ...Object.fromEntries(kept), server: 'proxy', via: '1.1 proxy' });
    response.pipe(outgoing);
  });
  passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : answer(outgoing, 502)));
  // The caller's leaving is passed on.
  outgoing.on('close', () => outgoing.writableFinished || passed.destroy());
  incoming.pipe(passed);
};
