import { addAbortListener } from 'node:events';
import { constants, open } from 'node:fs';
import { type FileHandle, open as openFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { toMessage } from './errors.ts';

/** In bytes. Far above any file that people write by hand; a file past it is another file. */
const largestSmallFile = 1024 * 1024;

/** A file that is no small one; its message is the reason, without a remedy. */
export class NoSmallFile extends Error {}

/**
 * Why a file cannot be read and what to do, without a full stop: for the end of a message that names the file.
 *
 * @param what what the file would be, as in `a profile`
 */
export const describeUnreadable = (error: unknown, what: string): string => {
  if (error instanceof NoSmallFile) return `${error.message}. Name ${what}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file. Check the path';
  if (code === 'EISDIR') return `it is a directory. Name ${what.replace(/^an? /, 'the ')} in it`;
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it. Check its permissions';
  return `${toMessage(error)}. Check the path`;
};

/**
 * Reads a file or a pipe of at most 1 MiB. A pipe is waited for until a program has written it, or the signal aborts.
 *
 * @throws NoSmallFile; the signal's reason; the file system's errors
 */
export const readSmallFile = async (path: string, signal?: AbortSignal): Promise<Buffer> => {
  signal?.throwIfAborted();
  const found = await stat(path);
  if (found.isFIFO()) return await readPipe(path, signal);
  // A device may never end. A directory fails when it is read.
  if (!found.isFile() && !found.isDirectory()) throw new NoSmallFile('it is not a file');
  await using file: FileHandle = await openFile(path, 'r');
  return await join(file.createReadStream({ end: largestSmallFile, autoClose: false }));
};

const readPipe = async (path: string, signal: AbortSignal | undefined): Promise<Buffer> => {
  // Opened otherwise, a pipe that no program writes holds a thread that no signal can free.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  using _listening = signal && addAbortListener(signal, () => socket.destroy(new Error('aborted')));
  try {
    signal?.throwIfAborted();
    return await join(socket);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    socket.destroy();
  }
};

const join = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > largestSmallFile) throw new NoSmallFile(`it is larger than ${largestSmallFile} bytes`);
    all.push(chunk);
  }
  return Buffer.concat(all);
};
