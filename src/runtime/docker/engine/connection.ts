import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { EmulatorError, errorCodes, toMessage } from '../../../shared/errors.ts';
import { withoutPassword } from '../../../shared/without-password.ts';
import { isReset, toUnreachable, unreachable } from './docker-errors.ts';
import { type Endpoint, type EndpointTls, loadEndpoint } from './endpoint.ts';
import { type DockerProduct, toProduct } from './quirks.ts';

/** A connection to a Docker engine that has answered. Stays inside this folder: `docker` is the client library's. */
export type DockerConnection = Disposable & {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** Gives up every request that waits for its answer: each rejects as unreachable. What streams already streams on. */
  hangUp(): void;
};

/** What is known of an engine without a type of the client library. */
export type DockerInfo = {
  readonly url: string;
  readonly chosenBy: string;
  readonly product: DockerProduct;
  /** The product's, for instance `28.5.2`. */
  readonly version: string;
  /** The API version the engine speaks by default: requests name none, so old and new engines both answer. */
  readonly apiVersion: string;
  readonly operatingSystem: string;
  /** In the engine's words, for instance `x86_64` or `aarch64`. */
  readonly architecture: string;
  readonly cpus: number;
};

export const answerWithinMs = 10_000;

/**
 * Finds the engine (see `loadEndpoint`), where its endpoint is not known, and makes sure that it answers.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const connectDocker = async (asked?: string | Endpoint): Promise<DockerConnection> => {
  const endpoint = typeof asked === 'object' ? asked : loadEndpoint(asked);
  const agent = toAgent(endpoint);
  const docker = new Docker({ ...toTransport(endpoint), ...(agent ? { agent } : {}) });
  mendAddresses(docker, endpoint);
  const connection: DockerConnection = {
    docker,
    endpoint,
    hangUp: watchRequests(docker),
    [Symbol.dispose]: () => agent?.destroy(),
  };
  try {
    await ping(connection);
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw toUnreachable(endpoint, error);
  }
};

/**
 * The client puts a request's address together of its protocol, host and path. Of `ssh` it makes a URL that is none, about
 * which Node warns, and a path before the engine's own it forgets.
 */
const mendAddresses = ({ modem }: Docker, endpoint: Endpoint): void => {
  const { protocol, pathname } = new URL(endpoint.url);
  if (protocol === 'ssh:') {
    // Neither is in its type declarations.
    const buildRequest = Reflect.get(modem, 'buildRequest').bind(modem);
    const buildSshRequest = (...args: readonly unknown[]): void => {
      Object.assign(modem, { protocol: 'ssh' });
      try {
        buildRequest(...args);
      } finally {
        Object.assign(modem, { protocol: 'http' });
      }
    };
    Object.assign(modem, { protocol: 'http', buildRequest: buildSshRequest });
  } else if (!isLocal(endpoint) && pathname !== '' && pathname !== '/') {
    const dial = modem.dial.bind(modem);
    modem.dial = (options, callback) => dial({ ...options, path: `${pathname}${options.path}` }, callback);
  }
};

/** What means the same when it is asked for twice. */
const isRepeatable = ({ method = '', path }: Parameters<Docker['modem']['dial']>[0]): boolean =>
  ['GET', 'DELETE'].includes(method) || /^\/(containers\/[^/]+\/(start|kill|attach)|volumes\/create)\b/.test(path);

/**
 * Has a request that may be repeated sent once more where the connection breaks: a kept-alive socket may be dead
 * since the engine was restarted. Answers what gives up all requests that wait for their answer. The client has one place
 * that all of them pass.
 */
const watchRequests = ({ modem }: Docker): (() => void) => {
  const dial = modem.dial.bind(modem);
  const unanswered = new Set<AbortController>();
  modem.dial = (options, callback) => {
    const request = new AbortController();
    unanswered.add(request);
    const send = (isFirst: boolean): void =>
      dial({ ...options, abortSignal: either(request.signal, options.abortSignal) }, (error, answer) => {
        if (isFirst && isReset(error) && isRepeatable(options)) return send(false);
        unanswered.delete(request);
        callback?.(error, answer);
      });
    send(true);
  };
  return () => {
    for (const request of unanswered) request.abort();
  };
};

const either = (one: AbortSignal, other?: AbortSignal): AbortSignal =>
  other === undefined ? one : AbortSignal.any([one, other]);

/**
 * Sends a request that the client has no method for, or does otherwise. Answers the response while it still comes; of a
 * request with `hijack`, the connection.
 *
 * @throws the client's error, as any of its requests
 */
export const dial = async <Answer extends Readable>(
  { docker: { modem } }: Pick<DockerConnection, 'docker'>,
  request: Omit<Parameters<Docker['modem']['dial']>[0], 'isStream'>,
): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  modem.dial({ ...request, isStream: true }, (error, answer) => (error ? reject(error) : resolve(answer as Answer)));
  return await promise;
};

/** Answers the head of the engine's cheapest answer; rejects with the transport's error where it gives none, or takes too long. */
export const ping = async (
  connection: Pick<DockerConnection, 'docker'>,
  giveUp?: AbortSignal,
): Promise<IncomingHttpHeaders> => {
  const abortSignal = either(AbortSignal.timeout(answerWithinMs), giveUp);
  const request = { path: '/_ping', method: 'GET', statusCodes: { 200: true, 500: 'server error' }, abortSignal };
  return (await dial<IncomingMessage>(connection, request)).resume().headers;
};

/**
 * The engine's own clock, in seconds since the epoch: another machine's may be wrong. Read from the head of its cheapest
 * answer.
 */
export const loadDockerTime = async (connection: DockerConnection, giveUp: AbortSignal): Promise<number> => {
  const { date = '' } = await ping(connection, giveUp);
  return Math.floor((Date.parse(date) || Date.now()) / 1_000);
};

export const describeDocker = async ({ docker, endpoint }: DockerConnection): Promise<DockerInfo> => {
  const [version, info] = await Promise.all([docker.version(), docker.info()]).catch(unreachable(endpoint));
  return {
    url: withoutPassword(endpoint.url),
    chosenBy: endpoint.chosenBy,
    product: toProduct(version.Components),
    version: version.Version,
    apiVersion: version.ApiVersion,
    operatingSystem: info.OperatingSystem,
    architecture: info.Architecture,
    cpus: info.NCPU,
  };
};

const isLocal = (endpoint: Endpoint): boolean => /^(unix|npipe):/.test(endpoint.url);

/**
 * Over the network a connection kept alive saves its handshakes. A local socket costs nothing to open, and a fresh one
 * cannot be stale. Idle connections do not keep the process alive.
 */
const toAgent = (endpoint: Endpoint): http.Agent | null => {
  if (isLocal(endpoint)) return cheapToPrint(new http.Agent({ keepAlive: false }));
  if (endpoint.url.startsWith('ssh:')) return null;
  return cheapToPrint(
    endpoint.tls
      ? new https.Agent({ keepAlive: true, rejectUnauthorized: endpoint.tls.verify })
      : new http.Agent({ keepAlive: true }),
  );
};

/** The client prints its options for every request, to a log that is off. Printing an agent takes longer than the request. */
const cheapToPrint = (agent: http.Agent): http.Agent =>
  Object.defineProperty(agent, inspect.custom, { value: () => '[agent]' });

/** The client reads `DOCKER_HOST` by itself where something is left open, so nothing is: `host` or `socketPath` is always named. */
const toTransport = (endpoint: Endpoint): Docker.DockerOptions => {
  if (isLocal(endpoint)) {
    return { socketPath: endpoint.url.replace(/^(unix|npipe):\/\//, ''), host: undefined, protocol: 'http' };
  }
  const { hostname, port, username, protocol } = new URL(endpoint.url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (protocol === 'ssh:') {
    const sshAgent = process.env['SSH_AUTH_SOCK'];
    const sshOptions = sshAgent ? { agent: sshAgent } : {};
    return { protocol: 'ssh', host, port, username: decodeURIComponent(username), sshOptions };
  }
  return endpoint.tls
    ? { protocol: 'https', host, port, ...loadCertificates(endpoint.tls, endpoint) }
    : { protocol: 'http', host, port, ca: undefined, cert: undefined, key: undefined };
};

const loadCertificates = ({ certDir }: EndpointTls, endpoint: Endpoint): Docker.DockerOptions => {
  try {
    const load = (name: string): string => readFileSync(join(certDir, name), 'utf8');
    return { ca: load('ca.pem'), cert: load('cert.pem'), key: load('key.pem') };
  } catch (error) {
    throw new EmulatorError(
      errorCodes.dockerUnreachable,
      `Failed to reach Docker at ${withoutPassword(endpoint.url)} (chosen by ${endpoint.chosenBy}): its TLS certificates cannot be read, ${toMessage(error)}. Set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem.`,
      { cause: error },
    );
  }
};

/** The JSON values of a stream that carries one per line: the engine's events, pulls and builds. */
export async function* readJsonLines<Message>(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Message> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Message;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Message;
}
