import { resolve } from 'node:path';
import { EmulatorError, type ErrorCode, toMessage } from '../shared/errors.ts';
import { NoSmallFile, readSmallFile } from '../shared/read-small-file.ts';

/**
 * Reads a small file of UTF-8 text; a byte order mark is no part of it. `what` says in messages what it was to hold.
 * Throws an EmulatorError with the code, or the signal's reason.
 */
export const readTextFile = async (
  path: string,
  what: string,
  code: ErrorCode,
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly source: string }> => {
  const source = resolve(path);
  const fail = (reason: string, cause?: unknown): EmulatorError =>
    new EmulatorError(code, `Failed to read ${what} ${source}: ${reason}.`, { cause });
  try {
    return { text: decode(await readSmallFile(source, signal), fail), source };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EmulatorError) throw error;
    throw fail(describe(error, what), error);
  }
};

const nameOf = (what: string): string => `${what.replace(/^the /, 'a ')} file`;

const decode = (bytes: Uint8Array, fail: (reason: string, cause: unknown) => EmulatorError): string => {
  try {
    // Drops a byte order mark as well.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fail('it is not UTF-8 text. Save it as UTF-8', error);
  }
};

const describe = (error: unknown, what: string): string => {
  if (error instanceof NoSmallFile) return `${error.message}. Name ${nameOf(what)}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file. Check the path';
  if (code === 'EISDIR') return `it is a directory. Name ${nameOf(what).replace(/^a /, 'the ')} in it`;
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it. Check its permissions';
  return `${toMessage(error)}. Check the path`;
};
