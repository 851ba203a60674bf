import type { Socket } from 'node:net';

type End = { readonly socket: Socket; readonly head: Buffer };

/** After one side has ended, how often it is looked whether bytes still move. */
const lookMs = 1_000;

/** How many looks without a move there are where bytes wait for a slow reader; where none wait, one is enough. */
const patientLooks = 30;

/** Joins two connections and resolves once both have closed, which is soon after one has ended and the other was sent all of it. */
export const tunnel = (one: End, other: End): Promise<void> => {
  const sockets = [one.socket, other.socket];
  let watch: NodeJS.Timeout | undefined;
  const endSoon = (): void => {
    let [before, quietLooks] = [movedBytes(sockets), 0];
    watch ??= setInterval(() => {
      const moved = movedBytes(sockets);
      quietLooks = moved === before ? quietLooks + 1 : 0;
      before = moved;
      const isReading = sockets.some(({ writableLength }) => writableLength > 0);
      if (quietLooks >= (isReading ? patientLooks : 1)) for (const socket of sockets) socket.destroy();
    }, lookMs);
  };
  const closed = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.once('close', () => {
          // What was written to the other already still goes out.
          for (const each of sockets) each.destroySoon();
          endSoon();
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
  return Promise.all(closed).then(() => clearInterval(watch));
};

/** Bytes that came, and bytes that went: those that still wait are not among them. */
const movedBytes = (sockets: readonly Socket[]): number =>
  sockets.reduce(
    (sum, { bytesRead, bytesWritten, writableLength }) => sum + bytesRead + bytesWritten - writableLength,
    0,
  );
