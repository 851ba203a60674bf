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

/** After one side has ended, how often it is looked whether bytes still move. */
const lookMs = 1_000;

/** How many looks without a move there are where bytes wait for a slow reader; where none wait, one is enough. */
const patientLooks = 30;

/** Joins two connections and resolves once both have closed, which is soon after one has ended and the other was sent all of it. */
export const tunnel = async (one: Socket, other: Socket): Promise<void> => {
  const sockets = [one, other];
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
  const closed = sockets.map(async (socket) => {
    socket.on('error', () => socket.destroy()).once('end', endSoon);
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
    // What was written to the other already still goes out; what that sends has no reader.
    for (const each of sockets) each.pause().destroySoon();
    endSoon();
  });
  one.pipe(other).pipe(one);
  await Promise.all(closed);
  clearInterval(watch);
};

/** Bytes that went out: those that still wait are not among them. */
const movedBytes = (sockets: readonly Socket[]): number =>
  sockets.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0);
