import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { describeUnreadable } from '../../shared/read-small-file.ts';
import { quote } from '../../shared/render-value.ts';
import { type Chosen, chooseDomain, findPathFault, whyUnreached } from '../../stack/domains.ts';
import type { Schemas } from '../client/control-shapes.ts';
import { Remote } from '../client/emulator-client.ts';
import type { RemoteFlags } from '../options.ts';
import { brokenPipe, print, printError, printJson, writeOut } from '../output.ts';
import { interrupted, listenForStopSignal } from '../stop-signal.ts';

export type FetchFlags = RemoteFlags & {
  readonly gatewayUrl?: string;
  readonly method?: string;
  /** Names and values in turn. */
  readonly header: readonly string[];
  /** The body; `@` and a path stand for a file, `@-` for the standard input. */
  readonly data?: string;
  readonly include: boolean;
};

/** Of an answer that becomes one line of JSON. */
const mostKeptBytes = 16 * 2 ** 20;

/**
 * `fetch <function> [path]`: one request to a function through the gateway, which starts an instance for it and releases
 * that when the answer has ended or this command has. 0 where the answer is whole and its status below 400.
 */
export const fetchFunction = async (name: string, path: string, flags: FetchFlags): Promise<number> => {
  const { gatewayUrl, method, header, data, include, json, ...connection } = flags;
  const attempt = `fetch ${quote(path)} of ${name}`;
  const fault = findPathFault(path);
  if (fault !== null) throw failed(attempt, fault);
  const stopSignal = listenForStopSignal(() => process.exit(interrupted));
  const remote = new Remote(connection);
  const gateway = await remote.gateway();
  if (typeof gateway === 'string') throw failed(attempt, `the emulator serves no function over HTTP: ${gateway}`);
  const url = new URL(`${(gatewayUrl ?? urlBeside(connection.url, gateway)).replace(/\/+$/, '')}${path}`);
  const domains = gateway.domains.map(({ match_path: matchPath, function: identifier, router_paths, ...one }) => ({
    ...{ ...one, matchPath, identifier, routerPaths: router_paths },
  }));
  const chosen = chooseDomain(name, path, domains);
  if (chosen === null) {
    const functions = (await remote.state()).functions.map((one) => one.name);
    throw failed(attempt, `${whyUnreached(name, domains, functions)}. Name one of these`);
  }
  await using body = await openBody(data);
  const request = openRequest(url, {
    method: method ?? (body === null ? 'GET' : 'POST'),
    headers: [...withHost(header, chosen, url), ...(body?.headers ?? [])],
    agent: false,
    signal: stopSignal,
  });
  try {
    const [response] = await exchange(request, body);
    const isRead = json ? await printAsJson(response) : await passOn(response, include);
    if (!isRead) return brokenPipe;
    const { statusCode = 0, statusMessage = '' } = response;
    if (statusCode < 400) return 0;
    printError(`Failed to ${attempt}: the answer is ${statusCode} ${statusMessage}.`);
    return 1;
  } catch (error) {
    if (stopSignal.aborted) return interrupted;
    const reason = (error as NodeJS.ErrnoException).code ?? toMessage(error);
    throw failed(
      attempt,
      `the connection to ${url.origin} broke: ${reason}. Check --gateway-url and the log of the emulator`,
      error,
    );
  } finally {
    // Also where the function has answered before it had the whole body.
    request.destroy();
  }
};

/** Sends the body while it waits for the answer, which may come before the body's end. */
const exchange = async (request: ClientRequest, body: Body | null): Promise<[IncomingMessage]> => {
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  if (body === null) request.end();
  // What ends the request meanwhile is an error of the request, too.
  else pipeline(body.bytes, request).catch((error: unknown) => request.destroy(error as Error));
  return await answered;
};

/** Answers whether its reader is still there. */
const passOn = async (response: IncomingMessage, include: boolean): Promise<boolean> => {
  const { httpVersion, statusCode, statusMessage, rawHeaders } = response;
  if (include) {
    print(`HTTP/${httpVersion} ${statusCode} ${statusMessage}`);
    for (let at = 0; at < rawHeaders.length; at += 2) print(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    print('');
  }
  for await (const bytes of response) if (!(await writeOut(process.stdout, bytes))) return false;
  return true;
};

const printAsJson = async (response: IncomingMessage): Promise<boolean> => {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const bytes of response as AsyncIterable<Buffer>) {
    if (size < mostKeptBytes) kept.push(bytes.subarray(0, mostKeptBytes - size));
    size += bytes.length;
  }
  const { statusCode, headers } = response;
  const missing = size > mostKeptBytes ? { missing_bytes: size - mostKeptBytes } : {};
  printJson({ status: statusCode, headers, ...toTextOrBase64(Buffer.concat(kept)), ...missing });
  return process.stdout.writable;
};

const toTextOrBase64 = (bytes: Buffer): object =>
  isUtf8(bytes) ? { body: bytes.toString() } : { body_base64: bytes.toString('base64') };

type Body = AsyncDisposable & { readonly bytes: Readable | readonly Buffer[]; readonly headers: readonly string[] };

const chunked = ['Transfer-Encoding', 'chunked'];

const openBody = async (data: string | undefined): Promise<Body | null> => {
  const nothing = { [Symbol.asyncDispose]: async () => {} };
  if (data === undefined) return null;
  if (data === '@-') return { ...nothing, bytes: process.stdin, headers: chunked };
  if (!data.startsWith('@')) {
    const bytes = Buffer.from(data);
    return { ...nothing, bytes: [bytes], headers: ['Content-Length', String(bytes.length)] };
  }
  try {
    const file = await open(data.slice(1));
    const stats = await file.stat();
    if (stats.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
    // A pipe has no size, a device or one of /proc a false one: bytes behind it would be the next request.
    const size = stats.isFile() && stats.size > 0 ? stats.size : null;
    const bytes = file.createReadStream({ autoClose: false, ...(size === null ? {} : { end: size - 1 }) });
    const headers = size === null ? chunked : ['Content-Length', String(size)];
    return { bytes, headers, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    throw failed(`read the body from ${data.slice(1)}`, describeUnreadable(error), error);
  }
};

/** The gateway listens where the Scheduler API does, which may have another name from here than from there. */
const urlBeside = (url: string, gateway: Schemas['Gateway']): string => {
  const beside = new URL(gateway.url);
  beside.hostname = new URL(url).hostname;
  return beside.origin;
};

/** The header that names the function. One that the user gives goes in its place: two would be refused. */
const withHost = (header: readonly string[], { domain, port }: Chosen, url: URL): readonly string[] => {
  const isGiven = header.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  return isGiven ? header : ['Host', `${domain}:${port ?? (url.port || 80)}`, ...header];
};

const failed = (attempt: string, reason: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.badOption, `Failed to ${attempt}: ${reason}.`, { cause });
