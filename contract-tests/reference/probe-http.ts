import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

// What fixtures/probe serves over HTTP, without a container. fixtures/probe/http.sh says what its paths do.

export type ProbeServer = {
  /** Null until it listens. */
  readonly port: number | null;
  close(): void;
};

type Identity = { readonly container: string; readonly instance: string; readonly run: string };

/** `exit` ends the process that the server stands for. */
export const serveProbe = (identity: Identity, listenMs: number | null, exit: () => void): ProbeServer => {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => void answer(identity, request, response, exit));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, early) => {
    socket.on('error', () => {});
    const head = ['HTTP/1.1 101 Switching Protocols', `Upgrade: ${request.headers.upgrade}`, 'Connection: Upgrade'];
    const own = Object.entries(headersOf(identity)).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${[...head, ...own].join('\r\n')}\r\n\r\n`);
    socket.write(early);
    socket.pipe(socket);
  });
  let port: number | null = null;
  const listen = async (): Promise<void> => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const timer = listenMs === null ? undefined : setTimeout(() => void listen(), listenMs);
  return {
    get port() {
      return port;
    },
    close: () => {
      clearTimeout(timer);
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

const headersOf = ({ container, instance, run }: Identity) => ({
  'X-Probe-Function': container,
  'X-Probe-Instance': instance,
  'X-Probe-Run': run,
});

const firstOfHold = 262_144;

const answer = async (
  identity: Identity,
  request: IncomingMessage,
  response: ServerResponse,
  exit: () => void,
): Promise<void> => {
  const own = {
    ...headersOf(identity),
    'X-Probe-Hop': 'of this connection',
    Connection: 'close, X-Probe-Hop',
    'Keep-Alive': 'timeout=7',
  };
  const [what = '', ...numbers] = /^\/probe\/(.*)$/.exec(request.url ?? '')?.[1]?.split('/') ?? [];
  const [first = 0, second = 0, third = 0] = numbers.map(Number);
  request.on('error', () => {});
  if (what !== '') request.resume();
  switch (what) {
    case 'status':
      return void response.writeHead(first, { ...own, Location: '/elsewhere' }).end();
    case 'sleep':
      await wait(first);
      break;
    case 'stream':
      response.writeHead(200, own);
      for (let part = 0; part < first; part += 1) {
        response.write(Buffer.alloc(third, 'x'));
        if (part < first - 1) await wait(second);
      }
      return void response.end();
    case 'hold':
      return void response.writeHead(200, own).write(Buffer.alloc(firstOfHold, 'x'));
    case 'half':
      response.writeHead(200, { ...own, 'Content-Length': 2 * first }).write(Buffer.alloc(first, 'x'));
      await wait(100);
      return exit();
    case 'exit':
      return exit();
    default:
  }
  echo(own, request, response);
};

/** The request as it came: its head as one block, then its body as it comes. */
const echo = (own: Readonly<Record<string, string>>, request: IncomingMessage, response: ServerResponse): void => {
  const { method, url, httpVersion, rawHeaders, headers } = request;
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  const head = Buffer.from(`${[`${method} ${url} HTTP/${httpVersion}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  const isChunked = 'transfer-encoding' in headers;
  const length = head.length + Number(headers['content-length'] ?? 0);
  response.writeHead(200, {
    ...own,
    'Content-Type': 'message/http',
    ...(isChunked ? {} : { 'Content-Length': length }),
  });
  response.write(head);
  request.pipe(response);
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
