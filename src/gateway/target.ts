import type { IncomingMessage } from 'node:http';
import { GatewayFailure } from './failure.ts';

/** What a request asks for. */
export type Asked = {
  /** As the caller wrote it, with a port if it did. */
  readonly host: string;
  /** Path and query, from the first slash on; `*` of OPTIONS. */
  readonly target: string;
};

/** Names the host for clients that cannot set Host, as `fetch` of Node and browsers (our choice). */
export const hostHeader = 'x-cycle-host';

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
