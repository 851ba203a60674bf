import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmulatorError, errorCodes, toMessage } from '../../src/shared/errors.ts';
import { fieldOf, isRecord, parseJson, textOf } from '../model/json.ts';
import type { CallbackOptions } from '../model/options.ts';

/** Whether functions report, as far as the run has found out. Disposing frees the port. */
export class Callback implements AsyncDisposable {
  /** Why cases that look into functions cannot run; null while they can. */
  obstacle: string | null;
  /** A function has reported, or must: that another does not is a failure from now on. */
  isCertain: boolean;
  readonly #options: CallbackOptions;
  #starting: Promise<Receiver> | undefined;

  constructor(options: CallbackOptions = {}, isLoopback: boolean) {
    const { mode = isLoopback || options.url !== undefined ? 'auto' : 'off' } = options;
    this.#options = options;
    this.obstacle = mode === 'off' ? 'it needs a callback URL that functions can reach' : null;
    this.isCertain = mode === 'required';
  }

  /** The receiver, started when first asked for; null where functions are not to be looked into. */
  async receiver(): Promise<Receiver | null> {
    if (this.obstacle !== null) return null;
    this.#starting ??= startReceiver(this.#options);
    return await this.#starting;
  }

  noteReport(): void {
    this.isCertain = true;
  }

  /** The first function that was asked to report has not. */
  noteSilence(): void {
    this.obstacle = 'the function reports nothing: it is not the probe, or cannot reach the callback URL';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#starting?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** What a function that is the probe says of itself. See fixtures/probe. */
type Report = {
  /** `started`, `stopping` or `ending`. */
  readonly event: string;
  /** The run's PROBE_ID. */
  readonly id: string;
  /** All variables the function finds; empty for events that do not tell. */
  readonly variables: Readonly<Record<string, string>>;
  readonly hostname: string | null;
  readonly addresses: readonly string[];
  readonly signal: string | null;
};

/** `at` is on the clock of `performance.now()`. */
export type ReceivedReport = Report & { readonly at: number };

/** Hears what functions report. Disposing frees the port. */
interface Receiver extends AsyncDisposable {
  /** Where functions report to, as they see it. */
  readonly url: string;
  /** The reports of one run, in the order of their arrival. */
  reportsOf(id: string): readonly ReceivedReport[];
}

/** More than any environment a process can have. */
const largestReportBytes = 8 * 2 ** 20;

/**
 * Listens on all addresses, because containers come from their bridge; so the path is too random to guess. Throws an
 * EmulatorError where it cannot listen.
 */
const startReceiver = async (options: CallbackOptions): Promise<Receiver> => {
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

/** A report as it came over HTTP; null where it is none. */
const parseReport = (text: string): Report | null => {
  const body = parseJson(text);
  const event = textOf(fieldOf(body, 'event'));
  const id = textOf(fieldOf(body, 'id'));
  if (event === null || id === null) return null;
  const addresses = fieldOf(body, 'addresses');
  return {
    event,
    id,
    variables: readVariables(body),
    hostname: textOf(fieldOf(body, 'hostname')),
    addresses: Array.isArray(addresses) ? addresses.filter((address) => typeof address === 'string') : [],
    signal: textOf(fieldOf(body, 'signal')),
  };
};

/** Either `env`, an object, or `env_base64`, what `env -0` writes: a shell cannot escape JSON safely. */
const readVariables = (body: unknown): Readonly<Record<string, string>> => {
  const env = fieldOf(body, 'env');
  if (isRecord(env)) {
    return Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
  }
  const lines = Buffer.from(textOf(fieldOf(body, 'env_base64')) ?? '', 'base64')
    .toString('utf8')
    .split('\0');
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
};
