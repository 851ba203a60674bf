import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { readJsonLines } from '../../src/runtime/docker/engine/connection.ts';
import {
  type ApiPath,
  compareVersions,
  docker29,
  findRule,
  isNewest,
  parseApiPath,
  refuseContainer,
  refuseVersion,
  toEvent,
} from './docker-29-rules.ts';
import { loadFacts } from './facts.ts';

type Fields = Record<string, unknown>;

/** What a request to make a container may measure; real ones have some kilobytes. */
const containerBytes = 2 ** 22;

/** As much as dockerd reads of a path and headers: clients put variables into both. */
const maxHeaderSize = 2 ** 20;

type Upstream = { readonly socket: string; readonly api: string };

/** Its clients close connections, as Docker gives them time to: a write after the other has closed fails. */
const ownHeaders = {
  connection: 'keep-alive',
  'api-version': docker29.api,
  server: `Docker/${docker29.version} (linux)`,
};

/**
 * Stands between clients and an engine, and lets the engine pass for Docker 29: it refuses what that refuses, and leaves
 * out what that leaves out. All else passes as it is: uploads, logs, events, attached streams.
 *
 * @param engineSocket of an engine whose API is 1.44 at least
 * @param socket where it listens
 */
export const startDocker29 = async (engineSocket: string, socket: string): Promise<AsyncDisposable> => {
  const upstream = { socket: engineSocket, api: (await loadFacts(engineSocket)).api };
  // No bound on how long a request takes to arrive: one may be a stream to a container's stdin.
  const server = http.createServer({ requestTimeout: 0, maxHeaderSize }, (request, response) => {
    void serve(upstream, request, response).catch(() => response.destroy());
  });
  // The server forgets a connection that becomes a stream.
  const streams = new Set<Duplex>();
  server.on('upgrade', (request, client, head) => {
    streams.add(client);
    client.once('close', () => streams.delete(client));
    upgrade(upstream, request, client, head);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const stream of streams) stream.destroy();
      await closed;
    },
  };
};

const serve = async (
  upstream: Upstream,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> => {
  const asked = parseApiPath(request.url ?? '/');
  const isCreate = request.method === 'POST' && /^\/containers\/create(\?|$)/.test(asked.path);
  const body = isCreate ? await readBounded(request) : null;
  const refusal = refuseVersion(asked.version) ?? (body === null ? null : refuseBody(asked, body));
  if (refusal !== null) {
    response.writeHead(400, { ...ownHeaders, 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ message: refusal })}\n`);
    return;
  }
  const { method = 'GET' } = request;
  const headers = { ...request.headers, connection: 'keep-alive' };
  const path = toPath(upstream, asked, request);
  const forwarded = http.request({ socketPath: upstream.socket, method, headers, path, agent: false });
  // A client that hangs up hangs up on the engine; where the engine does, the answer below fails.
  response.once('close', () => forwarded.destroy());
  forwarded.on('error', () => {});
  const answered = once(forwarded, 'response') as Promise<[http.IncomingMessage]>;
  if (body === null) request.pipe(forwarded);
  else forwarded.end(body);
  const [answer] = await answered;
  await passOn(asked, answer, response);
};

/** What is no JSON is for the engine to refuse. */
const refuseBody = (asked: ApiPath, body: string): string | null => {
  try {
    return refuseContainer(asked, JSON.parse(body) as Fields);
  } catch {
    return null;
  }
};

const readBounded = async (request: http.IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > containerBytes) throw new Error('the request is too large');
  }
  return body;
};

/** An engine gives its own newest API where it does not know the one that is asked for. */
const toPath = ({ api }: Upstream, { version, path }: ApiPath, { url = '/' }: http.IncomingMessage): string =>
  compareVersions(version, api) > 0 ? path : url;

const passOn = async (asked: ApiPath, answer: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
  const status = answer.statusCode ?? 502;
  const rule = status === 200 ? findRule(asked) : null;
  const isEvents = status === 200 && isNewest(asked.version) && /^\/events(\?|$)/.test(asked.path);
  const { 'content-length': length, ...others } = { ...answer.headers, ...ownHeaders };
  if (rule !== null) {
    response.writeHead(status, others).end(`${JSON.stringify(rule((await json(answer)) as Fields))}\n`);
    return;
  }
  response.writeHead(status, isEvents || length === undefined ? others : { ...others, 'content-length': length });
  // The headers of a stream are waited for while it has nothing to say.
  response.flushHeaders();
  await pipeline(isEvents ? toEvents(answer) : answer, response);
};

async function* toEvents(answer: http.IncomingMessage): AsyncGenerator<string> {
  for await (const event of readJsonLines<Fields>(answer)) yield `${JSON.stringify(toEvent(event))}\n`;
}

/** A connection that becomes a stream: from its request on, what comes and goes is nothing but bytes. */
const upgrade = (upstream: Upstream, request: http.IncomingMessage, client: Duplex, head: Buffer): void => {
  const asked = parseApiPath(request.url ?? '/');
  const refusal = refuseVersion(asked.version);
  if (refusal !== null) {
    const answer = JSON.stringify({ message: refusal });
    client.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${answer}\n`);
    return;
  }
  const engine = net.connect({ path: upstream.socket, allowHalfOpen: true });
  const lines = request.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
  );
  const first = `${request.method} ${toPath(upstream, asked, request)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
  // In one piece, as they came: Docker takes no notice of a body beside the headers, and gives a later one to stdin.
  engine.write(Buffer.concat([Buffer.from(first), head]));
  // Each direction ends for itself, once all has gone through; one that breaks takes the other along.
  void pipeline(client, engine).catch(() => client.destroy());
  void pipeline(engine, client).catch(() => engine.destroy());
};
