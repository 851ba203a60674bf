import type { Socket } from 'node:net';

/**
 * Has a socket read on where its writes fail. A function that answers without reading the request to its end, and closes,
 * resets the connection: Node would take the first write that fails for the end, and lose the answer that has come before. The
 * reset ends the reading, too, and in its turn. A write that failed is never called back, so no more are made.
 */
export const readOnWhereWritesFail = (socket: Socket): void => {
  const write = socket._write.bind(socket);
  const writeMany = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, unlessFailed(callback));
  if (writeMany !== undefined) socket._writev = (chunks, callback) => writeMany(chunks, unlessFailed(callback));
};

const unlessFailed =
  (callback: (error?: Error | null) => void) =>
  (error?: Error | null): void => {
    if (!error) callback();
  };
