import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../shared/clock.ts';
import { ConnectionEnded, GatewayFailure } from './failure.ts';
import { pairsOf, renderHeaders, toCallerHeaders, toFunctionHeaders, toUpgradeHeaders } from './headers.ts';
import { closeWhenIdle } from './idle.ts';
import { type Cut, cutTunnel, passBody } from './step-faults.ts';
import { tunnel } from './tunnel.ts';

/** A request and where its answer goes. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The caller's connection where it asks to change protocols. */
  readonly upgrade: Upgrade | null;
};

export type Upgrade = {
  readonly protocol: string;
  readonly head: Buffer;
  /** Hands the connection over: from now on its end is the taker's to notice. */
  readonly take: () => Socket;
};

type PassOn = Exchange & {
  /** The connection to the function, for this request alone: so callers' bytes cannot meet. */
  readonly socket: Socket;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  /** The gateway's. */
  readonly port: number;
  /** Headers that the answer gets beside the function's. */
  readonly ownHeaders: () => readonly string[];
  /** How long, by the clock, no byte may come or go; null is no limit. */
  readonly idleMs: number | null;
  readonly clock: Clock;
  /** Looks on as the bodies pass by. */
  readonly onBody: (side: 'request' | 'response', body: IncomingMessage) => void;
  /** Where a fault breaks the answer off. */
  readonly cut: Cut | null;
  /** Breaks off; its reason is thrown. */
  readonly signal: AbortSignal;
};

/** Of headers, in either direction. */
export const largestHeadBytes = 65_536;

/** How long a caller may go on sending after its answer is complete. */
const lingerMs = 1_000;

/**
 * Passes a request to the function and its answer back, each as it comes and no faster than it is read. Resolves when the
 * function's answer, or the upgraded connection, has ended.
 *
 * @throws GatewayFailure, or the signal's reason
 */
export const passOn = async (options: PassOn): Promise<void> => {
  const { request, socket, idleMs, clock, signal } = options;
  const idle = closeWhenIdle({ socket, idleMs, clock });
  const either = AbortSignal.any([signal, idle.signal]);
  try {
    either.throwIfAborted();
    await exchange({ ...options, signal: either });
    letCallerFinish(request);
  } finally {
    idle.stop();
    request.unpipe();
    socket.destroy();
  }
};

const exchange = (options: PassOn): Promise<void> =>
  new Promise((resolve, reject) => {
    const { request, response, upgrade, socket, signal, ownHeaders, onBody, cut } = options;
    const { method = 'GET' } = request;
    const upstream = openRequest({
      createConnection: () => socket,
      method,
      path: options.target,
      headers: [
        ...toFunctionHeaders(request, options.host, options.port),
        ...(upgrade === null ? ['Connection', 'close'] : toUpgradeHeaders(upgrade.protocol)),
      ],
      setHost: false,
      maxHeaderSize: largestHeadBytes,
    });
    let isBroken = false;
    const fail = (reason: unknown): void => {
      isBroken = true;
      upstream.destroy();
      reject(reason);
    };
    const broke = (error: NodeJS.ErrnoException): void => fail(toBreak(error));
    upstream.on('error', broke);
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });

    upstream.on('information', ({ statusCode, headers }) => {
      // The others are the gateway's to say, or no one's.
      if (statusCode !== 103 || headers['link'] === undefined || response.headersSent) return;
      try {
        response.writeEarlyHints({ link: headers['link'] });
      } catch {
        // Node takes one link of a simple form. The answer itself has them all.
      }
    });
    upstream.on('response', (answer) => {
      if (cut?.bytes === null) return fail(cut.reason);
      answer.on('error', broke);
      try {
        response.sendDate = false;
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
          ...toCallerHeaders(answer),
          ...ownHeaders(),
        ]);
      } catch (error) {
        return broke(error as Error);
      }
      response.flushHeaders();
      onBody('response', answer);
      passBody(answer, response, cut, fail);
      answer.once('end', () => {
        // An answer that breaks off ends, too.
        if (isBroken || !answer.complete) return;
        // A caller that gets an answer with a length could not tell trailers from the next answer.
        if (response.chunkedEncoding) response.addTrailers(pairsOf(answer.rawTrailers));
        response.end();
        resolve();
      });
    });
    upstream.on('upgrade', (answer, functionSocket, functionHead) => {
      if (upgrade === null) return fail(invalid('The function changed to a protocol that the caller did not ask for.'));
      if (cut?.bytes === null) return fail(cut.reason);
      const head = [...toCallerHeaders(answer), ...toUpgradeHeaders(answer.headers.upgrade ?? upgrade.protocol)];
      const callerSocket = upgrade.take();
      response.statusCode = 101;
      callerSocket.write(
        `HTTP/1.1 101 Switching Protocols\r\n${renderHeaders([...head, ...ownHeaders()])}\r\n`,
        'latin1',
      );
      if (cut !== null) cutTunnel(functionSocket, cut, fail);
      tunnel(
        { socket: callerSocket, head: upgrade.head },
        { socket: functionSocket as Socket, head: functionHead },
      ).then(resolve, reject);
    });

    request.on('error', () => {}); // The caller has gone, which the signal says.
    if (!hasBody(request)) return void upstream.end();
    onBody('request', request);
    request.pipe(upstream, { end: false });
    request.once('end', () => {
      if (request.headers['transfer-encoding'] !== undefined) upstream.addTrailers(pairsOf(request.rawTrailers));
      upstream.end();
    });
  });

const toBreak = (error: NodeJS.ErrnoException): GatewayFailure =>
  error.code?.startsWith('HPE_') || error.code?.startsWith('ERR_')
    ? invalid(`The function's answer is no HTTP/1.1 that the gateway understands (${error.code}).`)
    : new ConnectionEnded('The function closed the connection before its answer was complete.');

const invalid = (message: string): GatewayFailure => new GatewayFailure('connection_invalid', 502, message);

/** Whether bytes follow the headers. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/**
 * Reads on for a moment what a caller still sends that has its answer: bytes that are left unread would turn the close into
 * a reset, and the caller might never see the answer.
 */
export const letCallerFinish = (request: IncomingMessage): void => {
  if (request.complete || !hasBody(request)) return;
  const { socket } = request;
  request.resume();
  setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, lingerMs).unref();
};
