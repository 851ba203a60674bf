import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hasBody } from '../http/request-body.ts';
import type { Forwarded } from '../profile/imitate-gateway.ts';
import type { LinkedRecorder } from '../recording/linked-exchanges.ts';
import { AlarmClock, type Clock } from '../shared/clock.ts';
import { ConnectionEnded, GatewayFailure } from './failure.ts';
import { hasNoContent, toCallerHeaders, toFunctionHeaders, toTrailers } from './headers.ts';
import { free, passBody, tunnel } from './pass-bytes.ts';

/** Where a fault has an answer broken off, though the function gives it. */
export type Cut = {
  /** Of the body; null is before the headers. */
  readonly bytes: number | null;
  readonly reason: Error;
};

/** A request and where its answer goes. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The caller's connection where it asks to change protocols. */
  readonly upgrade: Upgrade | null;
};

export type Upgrade = {
  readonly protocol: string;
  /** Hands the connection over once the answer is written: from now on its end is the taker's to notice. */
  readonly take: () => Socket;
};

type PassOn = Exchange & {
  /** The connection to the function, for this request alone: so callers' bytes cannot meet. */
  readonly socket: Socket;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  /** Which of X-Forwarded-* the function gets. */
  readonly forwarded: readonly Forwarded[];
  /** Headers that the answer gets beside the function's. */
  readonly ownHeaders: () => readonly string[];
  /** How long, by the clock, no byte may come or go; null is no limit. */
  readonly idleMs: number | null;
  readonly clock: Clock;
  /** Looks on as the bodies pass by. */
  readonly recorder: LinkedRecorder | null;
  /** Where a fault breaks the answer off. */
  readonly cut: Cut | null;
  /** Breaks off; its reason is thrown. */
  readonly stop: AbortController;
};

/** Of headers, in either direction. */
export const largestHeadBytes = 65_536;

/** No function has use for more, and what a slow caller has not read yet waits in memory. */
const mostInterimAnswers = 32;

/**
 * Passes a request to the function and its answer back, each as it comes and no faster than it is read. Resolves when the
 * function's answer, or the upgraded connection, has ended.
 *
 * @throws GatewayFailure, or the signal's reason
 */
export const passOn = async (options: PassOn): Promise<void> => {
  const { socket, stop } = options;
  const idle = watchIdle(options);
  try {
    stop.signal.throwIfAborted();
    if (socket.destroyed) throw closedEarly();
    await exchange(options, idle.moved);
  } finally {
    idle.end();
  }
};

/** Breaks off once nothing has moved for so long. The alarm stays where it is set until it rings: pieces are many. */
const watchIdle = ({ idleMs, clock, stop }: Pick<PassOn, 'idleMs' | 'clock' | 'stop'>) => {
  if (idleMs === null) return { moved: () => {}, end: () => {} };
  let dueAt = clock.now() + idleMs;
  const alarm = new AlarmClock(clock, () => {
    if (clock.now() < dueAt) return alarm.setFor(dueAt);
    const message = `No byte came or went for ${idleMs / 1000} s, the idle time-out.`;
    stop.abort(new GatewayFailure('timeout_idle', 504, message));
  });
  alarm.setFor(dueAt);
  return {
    /** To be called for each piece that comes or goes. */
    moved: () => {
      dueAt = clock.now() + idleMs;
    },
    end: () => alarm.cancel(),
  };
};

/** @param moved is called for each piece that comes or goes */
const exchange = (options: PassOn, moved: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const { request, response, upgrade, socket, stop, ownHeaders, recorder, cut } = options;
    const { target, host, forwarded } = options;
    const { method = 'GET', httpVersion } = request;
    const protocol = upgrade?.protocol ?? null;
    const upstream = openRequest({
      createConnection: () => socket,
      ...{ method, path: target, setHost: false, maxHeaderSize: largestHeadBytes },
      headers: toFunctionHeaders(request, { host, protocol, forwarded }),
    });
    // Node would drop those beyond a thousand without a word; all together they are not larger than a head may be.
    upstream.maxHeadersCount = 0;
    let isBroken = false;
    let isUpgraded = false;
    const fail = (reason: unknown): void => {
      isBroken = true;
      upstream.destroy();
      reject(reason);
    };
    const mostBytes = cut?.bytes ?? Number.POSITIVE_INFINITY;
    const breakHere = (): void => fail(cut?.reason);
    let isComplete = (): boolean => false;
    const broke = (error: NodeJS.ErrnoException): void => {
      // A function may close on a request that it has answered and not read.
      if (error.code !== 'ECONNRESET' || !isComplete()) fail(toBreak(error));
    };
    upstream.on('error', broke);
    // Not before: a listener of its own would take bytes that Node's client has not begun to read.
    upstream.once('socket', () => {
      socket.on('data', (chunk: Buffer) => {
        moved();
        // The parser has made a copy of what it needs.
        if (!isUpgraded) free(chunk);
      });
    });
    stop.signal.addEventListener('abort', () => fail(stop.signal.reason), { once: true });

    /** Answers whether the caller is to have the rest. */
    const writeHead = (answer: IncomingMessage): boolean => {
      if (cut?.bytes === null) breakHere();
      else {
        try {
          const headers = [...toCallerHeaders(answer, request), ...ownHeaders()];
          response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
        } catch (error) {
          broke(error as Error);
        }
      }
      return !isBroken;
    };

    let interimAnswers = 0;
    upstream.on('information', ({ statusCode, headers }) => {
      interimAnswers += 1;
      if (interimAnswers > mostInterimAnswers)
        return fail(invalid(`The function sent more than ${mostInterimAnswers} answers before its answer.`));
      // Only 103 is passed on: 100 is the gateway's own to send. A caller of HTTP/1.0 would take it for the answer.
      if (statusCode !== 103 || headers['link'] === undefined || response.headersSent || httpVersion !== '1.1') return;
      try {
        response.writeEarlyHints({ link: headers['link'] });
      } catch {
        // Node takes one link of a simple form. The answer itself has them all.
      }
    });
    upstream.on('response', (answer) => {
      answer.on('error', broke);
      isComplete = () => answer.complete;
      const fault = faultOf(answer);
      if (fault !== null) return fail(invalid(fault));
      if (!writeHead(answer)) return;
      recorder?.keep('response', answer);
      if (cut === null && hasNoContent(request, answer)) {
        response.end();
        upstream.destroy();
        return resolve();
      }
      // An empty write sends the headers now, byte for byte; Node's flushHeaders would encode them as UTF-8.
      response.write(nothing);
      const end = (): void => {
        // An answer that breaks off ends, too.
        if (isBroken || !answer.complete) return;
        // A caller that gets an answer with a length could not tell trailers from the next answer.
        if (response.chunkedEncoding) response.addTrailers(toTrailers(answer));
        // With its end Node closes the connection of a caller that asked for that: it ends once all is read.
        if (response.shouldKeepAlive || !isSending(request)) response.end();
        upstream.destroy();
        resolve();
      };
      passBody(answer, response, mostBytes, { onEnd: end, onCut: breakHere });
    });
    upstream.on('upgrade', (answer, functionSocket, functionHead) => {
      isUpgraded = true;
      if (upgrade === null || !isAskedFor(answer.headers.upgrade ?? '', upgrade.protocol))
        return fail(invalid('The function changed to a protocol that the caller did not ask for.'));
      if (!writeHead(answer)) return;
      response.end();
      functionSocket.unshift(functionHead);
      tunnel(upgrade.take().on('data', moved), functionSocket as Socket).then(resolve, reject);
      let left = mostBytes;
      // Behind the tunnel, which lets the piece through that reaches the last byte.
      functionSocket.on('data', ({ length }: Buffer) => {
        left -= length;
        if (left <= 0) breakHere();
      });
    });

    request.on('error', () => {}); // The caller has gone, which the signal says.
    if (!hasBody(request)) return void upstream.end();
    // The headers at once: the function may answer without the body, and its caller wait for that.
    upstream.write(nothing);
    recorder?.keep('request', request);
    const end = (): void => {
      if (request.headers['transfer-encoding'] !== undefined) upstream.addTrailers(toTrailers(request));
      upstream.end();
    };
    passBody(request.on('data', moved), upstream, Number.POSITIVE_INFINITY, { onEnd: end, onCut: () => {} });
  });

const nothing = Buffer.alloc(0);

/** What keeps an answer that Node has understood from being passed on. */
const faultOf = ({ statusCode, headers, httpVersion, httpVersionMajor }: IncomingMessage): string | null => {
  if (statusCode === 101) return 'The function changed protocols and did not say to which.';
  if (httpVersionMajor !== 1) return `The function answered in HTTP/${httpVersion}.`;
  // Node undoes the chunks alone, and the caller would not know of the rest.
  const coding = headers['transfer-encoding'] ?? 'chunked';
  return coding.toLowerCase() === 'chunked' ? null : 'The gateway knows no transfer coding but chunked.';
};

/** Whether the protocol is one of those, in a list as the header Upgrade has it. */
const isAskedFor = (protocol: string, list: string): boolean =>
  list.split(',').some((asked) => asked.trim().toLowerCase() === protocol.trim().toLowerCase());

/** By the parser's codes; others say little to those who read an answer. */
const whyUnread: Readonly<Record<string, string>> = {
  HPE_INVALID_CONSTANT: ': it does not begin with `HTTP/1.1`.',
  HPE_INVALID_VERSION: ': it names another version.',
  HPE_INVALID_STATUS: ': its status is no number of three digits.',
  HPE_INVALID_HEADER_TOKEN: ': a header is malformed.',
  HPE_CR_EXPECTED: ': a line does not end with `\\r\\n`.',
  HPE_LF_EXPECTED: ': a line does not end with `\\r\\n`.',
  HPE_HEADER_OVERFLOW: `: its headers are larger than ${largestHeadBytes} bytes.`,
  HPE_INVALID_CONTENT_LENGTH: ': its length is no number.',
  HPE_UNEXPECTED_CONTENT_LENGTH: ': it has two lengths, or a length beside chunks.',
  HPE_INVALID_CHUNK_SIZE: ': a chunk has no size.',
};

const toBreak = (error: NodeJS.ErrnoException): GatewayFailure =>
  error.code?.startsWith('HPE_') || error.code?.startsWith('ERR_')
    ? invalid(`The function's answer is no HTTP/1.1 that the gateway understands${whyUnread[error.code] ?? '.'}`)
    : closedEarly();

const closedEarly = (): ConnectionEnded =>
  new ConnectionEnded('The function closed the connection before its answer was complete.');

const invalid = (message: string): GatewayFailure => new GatewayFailure('connection_invalid', 502, message);

/** Whether the caller still sends its body. */
export const isSending = (request: IncomingMessage): boolean => !request.complete && hasBody(request);
