import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type Connections = {
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
  const sockets = new Set<Socket>();
  const pending = new Map<ServerResponse, Socket>();
  let ending = false;

  const pendingOn: Connections['pendingOn'] = (socket) =>
    [...pending].filter(([, asking]) => asking === socket).map(([response]) => response);
  const isBusy = (socket: Socket): boolean => pendingOn(socket).length > 0;

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Before the app, which may answer at once.
  server.prependListener('request', ({ socket }, response) => {
    pending.set(response, socket);
    if (ending) response.setHeader('Connection', 'close');
    response.once('close', () => {
      pending.delete(response);
      if (ending && !isBusy(socket)) socket.end();
    });
  });

  return {
    pendingOn,
    end: (graceMs) => {
      ending = true;
      for (const response of pending.keys()) if (!response.headersSent) response.setHeader('Connection', 'close');
      for (const socket of sockets) if (!isBusy(socket)) socket.destroy();
      const lastCall = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      server.once('close', () => clearTimeout(lastCall));
    },
  };
};
