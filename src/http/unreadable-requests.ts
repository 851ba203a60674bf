import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorAnswer, errorAnswer, toErrorBody } from './error-answer.ts';
import type { Logger } from './logger.ts';
import type { Connections } from './open-connections.ts';

/** How long a caller whose request could not be read may take to read the answer. */
const lingerMs = 1_000;

const details: { readonly [code: string]: string } = {
  HPE_HEADER_OVERFLOW: 'The URL and headers are larger than the scheduler accepts. Shorten them.',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'The chunk extensions are larger than the scheduler accepts. Leave them out.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive. Send it in one go.',
};

/** PARITY: 408 and 431 are not among the public statuses, so all of these are 400. */
const toAnswer = (code: string | undefined): ErrorAnswer =>
  errorAnswer('400.invalid-syntax', 'Invalid syntax', {
    detail:
      details[code ?? ''] ?? 'The request is not well-formed HTTP/1.1. Check the request line, headers and framing.',
  });

const toHttp = (answer: ErrorAnswer): string => {
  const body = toErrorBody(answer);
  return [
    `HTTP/1.1 ${answer.status} Bad Request`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
};

/**
 * Answers in the envelope what Node's HTTP parser refuses and therefore the app never sees. Without it Node answers with
 * an empty body, which the official client takes for a success.
 */
export const answerUnreadableRequests = (server: Server, connections: Connections, logger: Logger): void => {
  const refuse = (socket: Duplex, code: string | undefined, begun = false): void => {
    const answer = toAnswer(code);
    // A request whose headers were fine is the app's already, and gets its line there.
    const { status, code: answerCode } = answer;
    if (!begun) logger.info({ method: null, status, code: answerCode, reason: code ?? null }, 'request');
    // After CONNECT nobody else listens, and a reset by the caller would end the process.
    socket.on('error', () => socket.destroy());
    socket.end(toHttp(answer));
    // Bytes left unread would turn the close into a reset, and the caller might never see the answer.
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  };

  server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => {
    const socket = stream as Socket;
    // The parser complains again about whatever follows; one answer is enough.
    if (socket.writableEnded) return;
    const pending = connections.pendingOn(socket);
    // An answer that is on its way cannot be followed by another.
    const isAnswering = pending.some((response) => response.headersSent);
    // And who has said nothing has asked nothing: browsers connect in advance, and time out.
    const isSilent = socket.bytesRead === 0;
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering || isSilent) socket.destroy();
    else refuse(socket, error.code, pending.length > 0);
  });
  // Node closes the connection on CONNECT without a listener, and answers 417 with nothing to unknown expectations.
  server.on('connect', (_request, socket) => refuse(socket, 'CONNECT'));
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
};
