import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

type Ends = { readonly onEnd: () => void; readonly onCut: () => void };

/**
 * Passes a body on, no faster than it is read: to its end, or until so many bytes have gone. Of the two, one alone is called for.
 *
 * @param to keeps no piece that it says it has written
 */
export const passBody = (from: Readable, to: Writable, mostBytes: number, { onEnd, onCut }: Ends): void => {
  if (mostBytes === 0) return onCut();
  let left = mostBytes;
  const pass = (chunk: Buffer): void => {
    if (to.destroyed) return;
    if (chunk.length < left) {
      left -= chunk.length;
      if (to.write(chunk, () => free(chunk))) return;
      from.pause();
      to.once('drain', () => from.resume());
      return;
    }
    // A short body has ended before what is out of it has gone.
    from.off('data', pass).off('end', onEnd).pause();
    to.write(chunk.subarray(0, left), onCut);
  };
  from.on('data', pass).once('end', onEnd);
};

/**
 * Gives the memory of a piece that is through back at once. Left to itself, V8 searches the whole heap after every few tens of
 * megabytes of such memory: half of the processor time of a large body.
 */
export const free = ({ buffer, length }: Buffer): void => {
  // A smaller piece may share its memory with others.
  if (length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
};

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

/** Calls `onCut` once a connection that is piped elsewhere has given so much, its head first, with the piece that reaches it. */
export const cutTunnel = (from: Readable, head: Buffer, mostBytes: number, onCut: () => void): void => {
  let left = mostBytes;
  const count = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left <= 0) onCut();
  };
  from.on('data', count);
  if (head.length > 0) count(head);
};
