import type { IncomingMessage } from 'node:http';
import { hostHeader } from './target.ts';

/** Names and values in turns, as they came: order, case and repeated names stay. */
type RawHeaders = readonly string[];

/** What belongs to one connection and not to the message (RFC 9110, 7.6.1), and what this gateway says of its own connection. */
const hopByHop = new Set([
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
]);

/** A sender may name these in Connection, and would change what the message is or whom it is for. */
const neverDropped = new Set(['content-length', 'host', 'trailer', 'set-cookie']);

/** Set by the gateway alone: what a caller says of itself is no evidence. */
const forwarded = /^x-forwarded-(?:for|host|port|proto|scheme)$/;

const isReplaced = (name: string): boolean =>
  forwarded.test(name.toLowerCase()) || ['host', hostHeader].includes(name.toLowerCase());

/** Methods whose requests have no body unless they say so. */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

export const pairsOf = (raw: RawHeaders): [name: string, value: string][] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []));

const withoutHopByHop = (raw: RawHeaders): readonly (readonly [string, string])[] => {
  const pairs = pairsOf(raw);
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => !neverDropped.has(name));
  const dropped = new Set([...hopByHop, ...named]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
};

/**
 * The headers of a request as its function gets them.
 * PARITY: public pages contradict each other about X-Forwarded-*; the scheme is in -Proto and -Scheme alike (our choice).
 */
export const toFunctionHeaders = (request: IncomingMessage, host: string, port: number): string[] => {
  const { rawHeaders, headers, method = 'GET', socket } = request;
  const kept = withoutHopByHop(rawHeaders).filter(([name]) => !isReplaced(name));
  const length = 'content-length' in headers;
  const isChunked = 'transfer-encoding' in headers;
  return [
    ...['Host', host],
    ...kept.flat(),
    ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
    ...(length || isChunked || bodiless.has(method) ? [] : ['Content-Length', '0']),
    ...(/\btrailers\b/i.test(String(headers['te'])) ? ['TE', 'trailers'] : []),
    ...['X-Forwarded-For', socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'],
    ...['X-Forwarded-Host', host, 'X-Forwarded-Port', String(port)],
    ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Scheme', 'http'],
  ];
};

/** The protocol that both sides agree on, such as `websocket`, for a request or an answer that changes to it. */
export const toUpgradeHeaders = (protocol: string): readonly string[] => ['Connection', 'Upgrade', 'Upgrade', protocol];

/** The headers of an answer as its caller gets them. */
export const toCallerHeaders = ({ rawHeaders }: IncomingMessage): string[] => withoutHopByHop(rawHeaders).flat();

/** As text, for an answer that is written by hand. */
export const renderHeaders = (raw: RawHeaders): string =>
  pairsOf(raw)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
