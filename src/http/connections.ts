import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../shared/logger.ts';
import { type ErrorAnswer, errorAnswer, toErrorBody } from './answers.ts';
import { lingerMs } from './request-body.ts';

type Connections = {
  /** The answers owed on this socket, oldest first. */
  pendingOn(socket: Socket): readonly ServerResponse[];
  /** Closes idle sockets at once, busy ones after their answer, and what is left after `graceMs`. Call it once. */
  end(graceMs: number): void;
};

/**
 * Knows a server's sockets and which of them owe an answer. Node's own `closeIdleConnections` spares sockets that have
 * connected and said nothing yet (browsers open such in advance); they would hold up `close` for minutes.
 */
export const trackConnections = (server: Server): Connections => {
  const owed = new Map<Socket, Set<ServerResponse>>();
  let ending = false;

  server.on('connection', (socket: Socket) => {
    owed.set(socket, new Set());
    socket.once('close', () => owed.delete(socket));
  });
  // Before the app, which may answer at once.
  server.prependListener('request', ({ socket }, response) => {
    const pending = owed.get(socket);
    pending?.add(response);
    if (ending) response.setHeader('Connection', 'close');
    response.once('close', () => {
      pending?.delete(response);
      if (ending && pending?.size === 0) socket.end();
    });
  });

  return {
    pendingOn: (socket) => [...(owed.get(socket) ?? [])],
    end: (graceMs) => {
      ending = true;
      for (const [socket, pending] of owed) {
        for (const response of pending) if (!response.headersSent) response.setHeader('Connection', 'close');
        if (pending.size === 0) socket.destroy();
      }
      const lastCall = setTimeout(() => {
        for (const socket of owed.keys()) socket.destroy();
      }, graceMs);
      server.once('close', () => clearTimeout(lastCall));
    },
  };
};

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

/** Ends a connection, and lets the caller read what it was sent. */
export const endSoon = (socket: Duplex, lastWords = ''): void => {
  // After CONNECT no other listener is there, and a reset by the caller would end the process.
  socket.on('error', () => socket.destroy());
  if (socket.writable) socket.end(lastWords);
  // Bytes left unread would turn the close into a reset, and the caller might never see the answer.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
};

/** Waits until requests that came whole are answered. */
const owedAnswers = async (connections: Connections, socket: Socket): Promise<void> => {
  const owed = connections.pendingOn(socket).filter(({ req, writableEnded }) => req.complete || writableEnded);
  await Promise.all(owed.map((response) => new Promise((resolve) => response.once('close', resolve))));
};

/**
 * Answers in the envelope what Node's HTTP parser refuses and therefore the app never sees. Without it Node answers with
 * an empty body, which the official client takes for a success. Requests that came whole before are answered first: what
 * they were granted would be lost otherwise.
 */
export const answerUnreadableRequests = (server: Server, connections: Connections, logger: Logger): void => {
  // The parser complains again about all that follows; one answer is enough.
  const refused = new WeakSet<Socket>();
  const latest = new WeakMap<Socket, IncomingMessage>();

  const refuse = async (socket: Socket, code: string | undefined): Promise<void> => {
    if (refused.has(socket)) return;
    refused.add(socket);
    await owedAnswers(connections, socket);
    // The answer before may have ended the connection.
    if (!socket.writable) return;
    const [begun] = connections.pendingOn(socket);
    if (begun === undefined) {
      // A request that is answered already, and whose body goes wrong or stays out, gets no second answer.
      if (latest.get(socket)?.complete === false) return endSoon(socket);
      // One whose headers were fine is the app's already, and gets its line there.
      const { status, code: answerCode } = toAnswer(code);
      logger.info({ method: null, status, code: answerCode, reason: code ?? null }, 'request');
    }
    // Half an answer that is on its way cannot be followed by another.
    if (begun?.headersSent) socket.destroy();
    else endSoon(socket, toHttp(toAnswer(code)));
  };

  server.on('request', (request: IncomingMessage) => latest.set(request.socket, request));
  server.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex) => {
    const socket = stream as Socket;
    // A caller that has said nothing has asked nothing: browsers connect in advance, and time out.
    const isSilent = socket.bytesRead === 0;
    if (error.code === 'ECONNRESET' || isSilent) socket.destroy();
    else void refuse(socket, error.code);
  });
  // Node closes the connection on CONNECT without a listener, and answers 417 with nothing to unknown expectations.
  server.on('connect', ({ socket }) => void refuse(socket, 'CONNECT'));
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Node would grant every `Expect: 100-continue`; whether a body is welcome is the app's to say (see request-body.ts).
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
};
