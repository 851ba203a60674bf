import type { Socket } from 'node:net';

type End = { readonly socket: Socket; readonly head: Buffer };

/** How long one side may go on after the other has ended: a last word of a protocol, no more. */
const lastWordMs = 1_000;

/** Joins two connections and resolves once both have ended, which is soon after the first of them has. */
export const tunnel = (one: End, other: End): Promise<void> => {
  const sockets = [one.socket, other.socket];
  let last: NodeJS.Timeout | undefined;
  const endSoon = (): void => {
    last ??= setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, lastWordMs);
  };
  const closed = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.once('close', () => {
          // What was written to the other already still goes out.
          for (const each of sockets) each.destroySoon();
          resolve();
        });
        socket.once('end', endSoon);
        socket.on('error', () => socket.destroy());
        if (socket.destroyed) resolve();
      }),
  );
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    if (from.head.length > 0) to.socket.write(from.head);
    from.socket.pipe(to.socket);
  }
  return Promise.all(closed).then(() => clearTimeout(last));
};
