import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import supertest, { type Response, type Test } from 'supertest';
import { toMessage } from '../../src/shared/errors.ts';
import type { RecordedRequest, RecordedResponse } from '../model/result.ts';
import type { SuiteClock } from './limits.ts';

/** What went over the wire, or why nothing came back. */
export type Exchange = (
  | { readonly response: RecordedResponse; readonly failure?: never; readonly reason?: never }
  | { readonly response?: never; readonly failure: 'timeout' | 'aborted' | 'broken'; readonly reason: string }
) & { readonly durationMs: number };

/** A keep-alive connection to one address: schedulers are sharded, and a claim of one shard is unknown to the others. */
export interface Connection {
  send(request: RecordedRequest, options?: SendOptions): Promise<Exchange>;
  close(): void;
}

type SendOptions = {
  /** Hangs up. */
  readonly signal?: AbortSignal;
  /** Less than the connection's own time-out. */
  readonly timeoutMs?: number;
  /** The body goes out in two parts, cut at that byte; without a Content-Length as chunks. */
  readonly cutAt?: number;
};

export type Address = { readonly address: string; readonly family: number };

/** The addresses behind a URL's host name, in the resolver's order. Rejects where there are none. */
export const resolveAddresses = async (url: URL): Promise<readonly Address[]> => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  return family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }];
};

type ConnectionOptions = {
  readonly url: URL;
  readonly address: Address;
  readonly timeoutMs: number;
  /** How late this process has been so far. */
  readonly lateMs?: SuiteClock['lateMs'];
};

/** Follows no redirects, takes no status for an error, and keeps every body as text, of any content type. */
export const openConnection = ({
  url,
  address,
  timeoutMs: usualMs,
  lateMs = () => 0,
}: ConnectionOptions): Connection => {
  // A connection that has been idle may be closed by the server just when it is used again; its answer would be lost.
  const agentOptions = { keepAlive: true, timeout: longestIdleMs, lookup: pinTo(address) };
  const agent = url.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const base = url.href.replace(/\/$/, '');

  const send: Connection['send'] = async (
    { method, path, headers, body },
    { signal, timeoutMs = usualMs, cutAt } = {},
  ) => {
    const startedAt = performance.now();
    const passed = (): number => performance.now() - startedAt;
    let isTooLong = false;
    const request = supertest(base)
      .post(path)
      .agent(agent)
      .redirects(0)
      .set(headers)
      .buffer(true)
      .parse(
        keepText(() => {
          isTooLong = true;
          abort();
        }),
      );
    request.method = method;
    // Returns nothing: a request is thenable, and an event target would wait for it.
    const abort = (): void => {
      request.abort();
    };
    if (signal?.aborted) return { failure: 'aborted', reason: 'the caller hung up', durationMs: 0 };
    signal?.addEventListener('abort', abort, { once: true });
    const limit = limitTime(timeoutMs, lateMs, abort);
    try {
      const { status, headers: received, body: text } = await sendBody(request, body, cutAt);
      const response = { status, headers: toHeaders(received), body: typeof text === 'string' ? text : '' };
      return { response, durationMs: passed() };
    } catch (error) {
      if (isTooLong) return { failure: 'broken', reason: tooLong, durationMs: passed() };
      if (limit.isOver())
        return { failure: 'timeout', reason: `no complete answer within ${timeoutMs / 1_000} s`, durationMs: passed() };
      return { ...explain(error), durationMs: passed() };
    } finally {
      limit.cancel();
      signal?.removeEventListener('abort', abort);
    }
  };
  return { send, close: () => agent.destroy() };
};

/** Bytes, because Node writes headers in the encoding of a text that follows them, and keys are bytes. */
const sendBody = async (request: Test, body: string | null, cutAt?: number): Promise<Response> => {
  if (body === null) return await request;
  const bytes = Buffer.from(body);
  if (cutAt === undefined) return await request.serialize(asItIs).send(bytes);
  request.write(bytes.subarray(0, cutAt));
  await sleep(betweenPartsMs);
  request.write(bytes.subarray(cutAt));
  return await request;
};

/** So that the parts arrive one after the other. */
const betweenPartsMs = 30;

/** Servers keep idle connections for five seconds (Node) and more. */
const longestIdleMs = 1_500;

const pinTo =
  ({ address, family }: Address): LookupFunction =>
  (_host, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };

/** Its type says text, and bytes will do: the body is serialised already. */
const asItIs = (body: unknown): string => body as string;

/** Far more than any answer of the API has. */
const longestBodyBytes = 8 * 1024 ** 2;
const tooLong = `the answer has more than ${longestBodyBytes / 1024 ** 2} MiB`;

/** The body as it came: what is no JSON is for the inspection to say. */
const keepText =
  (giveUp: () => void) =>
  (response: Response, done: (error: Error | null, text: string) => void): void => {
    // In Node a response that is being parsed is the stream itself.
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= longestBodyBytes) parts.push(part);
      else giveUp();
    });
    response.on('end', () => done(null, Buffer.concat(parts).toString('utf8')));
  };

const toHeaders = (received: object): Record<string, string> =>
  Object.fromEntries(Object.entries(received).map(([name, value]) => [name, [value].flat().join(', ')]));

/**
 * Gives up after so long, and where this process was late meanwhile after half as long again at most: an answer may have
 * come that it has not seen.
 */
const limitTime = (ms: number, lateMs: SuiteClock['lateMs'], giveUp: () => void) => {
  const lateBefore = lateMs();
  let isOver = false;
  const end = (): void => {
    isOver = true;
    giveUp();
  };
  let timer = setTimeout(() => {
    timer = setTimeout(end, Math.min(lateMs() - lateBefore, ms / 2));
  }, ms);
  return { isOver: () => isOver, cancel: () => clearTimeout(timer) };
};

const explain = (error: unknown) => {
  const { code } = error as { readonly code?: unknown };
  if (code === 'ABORTED') return { failure: 'aborted', reason: 'the caller hung up' } as const;
  return { failure: 'broken', reason: toMessage(error) } as const;
};
