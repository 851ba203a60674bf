import { addAbortListener } from 'node:events';
import { constants, open } from 'node:fs';
import { type FileHandle, open as openFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { EmulatorError, type ErrorCode, errorCodes, toMessage } from './errors.ts';

/** In bytes. Far above any file that people write by hand; a file past it is another file. */
const largestSmallFile = 1024 * 1024;

/** The same for what programs write, such as recordings and reports. */
export const largestWrittenFile = 256 * 1024 * 1024;

/** A file that is no small one; its message is the reason, without a remedy. */
export class NoSmallFile extends Error {}

/**
 * Reads a file or a pipe of at most 1 MiB. A pipe is waited for until a program has written it, or the signal aborts.
 *
 * @throws NoSmallFile; the signal's reason; the file system's errors
 */
export const readSmallFile = async (
  path: string,
  signal?: AbortSignal,
  largestBytes = largestSmallFile,
): Promise<Buffer> => {
  signal?.throwIfAborted();
  const found = await stat(path);
  if (found.isFIFO()) return await readPipe(path, signal, largestBytes);
  // A device may never end. A directory fails when it is read.
  if (!found.isFile() && !found.isDirectory()) throw new NoSmallFile('it is not a file');
  await using file: FileHandle = await openFile(path, 'r');
  return await join(file.createReadStream({ end: largestBytes, autoClose: false }), largestBytes);
};

const readPipe = async (path: string, signal: AbortSignal | undefined, largestBytes: number): Promise<Buffer> => {
  // Opened otherwise, a pipe that no program writes holds a thread that no signal can free.
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  using _listening = signal && addAbortListener(signal, () => socket.destroy(new Error('aborted')));
  try {
    signal?.throwIfAborted();
    return await join(socket, largestBytes);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    socket.destroy();
  }
};

const join = async (chunks: AsyncIterable<Buffer>, largestBytes: number): Promise<Buffer> => {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > largestBytes) throw new NoSmallFile(`it is larger than ${largestBytes} bytes`);
    all.push(chunk);
  }
  return Buffer.concat(all);
};

type ReadOptions = {
  readonly code?: ErrorCode;
  readonly signal?: AbortSignal | undefined;
  /** 1 MiB without it. */
  readonly largestBytes?: number;
};

/**
 * Reads UTF-8 text from a file that a user has named, or from a pipe; a byte order mark is no part of it.
 *
 * @param what it was to hold, for messages: `the stack`
 * @throws EmulatorError `badOption`, or of the code given; the signal's reason
 */
export const readTextFile = async (
  path: string,
  what: string,
  { code = errorCodes.badOption, signal, largestBytes }: ReadOptions = {},
): Promise<{ readonly text: string; readonly source: string }> => {
  const source = resolve(path);
  try {
    const bytes = await readSmallFile(source, signal, largestBytes);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), source };
  } catch (error) {
    signal?.throwIfAborted();
    throw new EmulatorError(code, `Failed to read ${what} ${source}: ${describeUnreadable(error)}.`, { cause: error });
  }
};

/** Why a file cannot be read and what to do: the end of a message that names the file, without its full stop. */
export const describeUnreadable = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file. Check the path';
    case 'EISDIR':
      return 'it is a directory. Name the file in it';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it. Check its permissions';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8 text. Save it as UTF-8';
    default:
      return `${toMessage(error)}. Check the path`;
  }
};
