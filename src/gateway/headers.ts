import type { IncomingMessage } from 'node:http';
import type { Forwarded } from '../profile/imitate-gateway.ts';
import { quote } from '../shared/render-value.ts';
import { GatewayFailure } from './failure.ts';

/** Names the host for clients that cannot set Host, as `fetch` of Node and browsers (our choice). */
export const hostHeader = 'x-cycle-host';

/** Names and values in turns, as they came: order, case and repeated names stay. */
type RawHeaders = readonly string[];

type Pair = readonly [name: string, value: string];

/** What belongs to one connection and not to the message (RFC 9110, 7.6.1), and what this gateway says of its own connection. */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // The gateway itself asks for the body, once the function is there to take it.
  'expect',
];

/** A sender may name these in Connection, and would change what the message is or whom it is for. */
const neverDropped = new Set(['content-length', 'host', 'trailer', 'set-cookie']);

/** Set by the gateway alone: what a caller says of itself is no evidence. */
const replaced = new Set([
  'host',
  hostHeader,
  ...['for', 'host', 'port', 'proto', 'scheme'].map((of) => `x-forwarded-${of}`),
]);

/** Methods whose requests have no body unless they say so. */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

const pairsOf = (raw: RawHeaders): Pair[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []));

const withoutHopByHop = (raw: RawHeaders, ...others: readonly string[]): Pair[] => {
  const pairs = pairsOf(raw);
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => !neverDropped.has(name));
  const dropped = new Set([...hopByHop, ...named, ...others]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
};

type Towards = {
  readonly host: string;
  /** That the caller asks to change to. */
  readonly protocol: string | null;
  /** Which of X-Forwarded-* the function gets. */
  readonly forwarded: readonly Forwarded[];
};

const toForwarded = ({ socket, httpVersion }: IncomingMessage, { host, forwarded }: Towards): readonly string[] => {
  const headers = {
    for: ['X-Forwarded-For', socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'],
    host: ['X-Forwarded-Host', host],
    port: ['X-Forwarded-Port', String(socket.localPort)],
    proto: ['X-Forwarded-Proto', 'http'],
    'proto-version': ['X-Forwarded-Proto', `HTTP/${httpVersion}`],
    scheme: ['X-Forwarded-Scheme', 'http'],
  };
  return forwarded.flatMap((name) => headers[name]);
};

/**
 * The headers of a request as its function gets them. Without Via, since a function may act on it (nginx stops to compress),
 * and the platform's balancer is not known to send it (our choice).
 */
export const toFunctionHeaders = (request: IncomingMessage, towards: Towards): string[] => {
  const { rawHeaders, headers, method = 'GET' } = request;
  const { host, protocol } = towards;
  const length = 'content-length' in headers;
  const isChunked = 'transfer-encoding' in headers;
  const takesTrailers = /\btrailers\b/i.test(String(headers['te']));
  return [
    ...['Host', host],
    ...withoutHopByHop(rawHeaders, ...replaced, ...(isChunked ? [] : ['trailer'])).flat(),
    ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
    ...(length || isChunked || bodiless.has(method) ? [] : ['Content-Length', '0']),
    ...toForwarded(request, towards),
    ...['Connection', `${protocol === null ? 'close' : 'Upgrade'}${takesTrailers ? ', TE' : ''}`],
    ...(takesTrailers ? ['TE', 'trailers'] : []),
    ...(protocol === null ? [] : ['Upgrade', protocol]),
  ];
};

/** Whether the answer ends with its headers, also where they have a length (RFC 9112, 6.3). */
export const hasNoContent = ({ method }: IncomingMessage, { statusCode = 0 }: IncomingMessage): boolean =>
  method === 'HEAD' || statusCode === 204 || statusCode === 304;

/** The headers of an answer as its caller gets them. */
export const toCallerHeaders = (answer: IncomingMessage, request: IncomingMessage): string[] => {
  const { rawHeaders, headers, statusCode } = answer;
  const isChunked = request.httpVersion === '1.1' && !('content-length' in headers) && !hasNoContent(request, answer);
  const hasNoLength = statusCode === 101 || statusCode === 204;
  return [
    ...(statusCode === 101 ? ['Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? ''] : []),
    ...withoutHopByHop(
      rawHeaders,
      ...(isChunked ? [] : ['trailer']),
      ...(hasNoLength ? ['content-length'] : []),
    ).flat(),
  ];
};

/** Trailers of either direction: they must not say what the gateway alone says in headers. */
export const toTrailers = ({ rawTrailers }: IncomingMessage): [string, string][] =>
  withoutHopByHop(rawTrailers, ...replaced, 'content-length').map(([name, value]) => [name, value]);

/** What a request asks for. */
export type Asked = {
  /** As the caller wrote it, with a port if it did. */
  readonly host: string;
  /** Path and query, from the first slash on; `*` of OPTIONS. */
  readonly target: string;
};

/** A target in absolute form, whose authority counts in the place of Host (RFC 9112, 3.2.2). */
const absolute = /^https?:\/\/([^/?#@]+)(.*)$/is;

/**
 * Reads host and target of a request.
 *
 * @throws GatewayFailure where they are missing or ambiguous
 */
export const toAsked = ({ rawHeaders, headers, url = '/', method, httpVersion }: IncomingMessage): Asked => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) throw malformed('The request has more than one Host header. Send one.');
  checkCoding(headers['transfer-encoding'], httpVersion);
  const [, authority, rest = ''] = absolute.exec(url) ?? [];
  const host = authority ?? [headers[hostHeader]].flat()[0] ?? headers.host ?? '';
  if (host === '') throw malformed('The request names no host. Send a Host header.');
  if (/[\s/?#@\\]/.test(host)) throw malformed(`${quote(host)} is no host. Send a name, and a port if there is one.`);
  const target = authority === undefined ? url : rest;
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return { host, target };
  const hasNoPath = target === '' || target.startsWith('?');
  if (authority === undefined || !hasNoPath)
    throw malformed('The target of the request is no path. Begin it with a slash.');
  // The server as a whole is meant (RFC 9112, 3.2.4).
  return { host, target: method === 'OPTIONS' && target === '' ? '*' : `/${target}` };
};

const checkCoding = (coding: string | undefined, httpVersion: string): void => {
  if (coding === undefined) return;
  // A coding that the gateway does not undo would be lost with the framing that is its own.
  if (coding.toLowerCase() !== 'chunked')
    throw new GatewayFailure('connection_invalid', 501, 'The gateway knows no transfer coding but chunked.');
  // Where such a body ends is not certain (RFC 9112, 6.1).
  if (httpVersion !== '1.1') throw malformed('HTTP/1.0 has no transfer codings. Send a Content-Length.');
};

const malformed = (message: string): GatewayFailure => new GatewayFailure('connection_invalid', 400, message);
