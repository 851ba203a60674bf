import { realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { EmulatorError, type ErrorCode, errorCodes, toMessage } from '../shared/errors.ts';
import { NoSmallFile, readSmallFile } from '../shared/read-small-file.ts';
import { isBelow } from '../shared/values.ts';
import type { FileContext, Found, Kind } from './model.ts';

/**
 * How a stack's paths are looked at on this machine.
 *
 * @param root folder that stands for the root of the repository; relative to the working directory
 * @param stackDir where it is without one
 * @throws EmulatorError `badOption` where there is no such folder
 */
export const loadPlaces = (root: string | undefined, stackDir: string): FileContext => {
  const path = resolve(root ?? stackDir);
  // Resolved once, so that a root which is a link holds what lies in its target.
  const real = realPathOf(path);
  if (root !== undefined && (root === '' || real === null || kindOf(real) !== 'directory')) {
    const reason = root === '' ? 'it is empty' : `${path} ${real === null ? 'does not exist' : 'is not a directory'}`;
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to use the root ${JSON.stringify(root)}: ${reason}. Name the folder that the stack's paths start at.`,
    );
  }
  const realRoot = real ?? path;
  return { root: realRoot, stackDir, look: (at) => look(realRoot, at) };
};

const look = (root: string, path: string): Found => {
  const real = realPathOf(path);
  if (real === null) return { kind: 'nothing', path };
  return isBelow(root, real) ? { kind: kindOf(real), path: real } : { kind: 'outside', path: real };
};

const realPathOf = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    // Not there, not to be looked at, or no path at all: none of it can be built from.
    return null;
  }
};

const kindOf = (path: string): Kind => {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return 'directory';
    return found.isFile() ? 'file' : 'special';
  } catch {
    return 'nothing';
  }
};

/** A path of the stack as one of this machine. It starts at the root, with a leading slash or without. */
export const fromRoot = (root: string, given: string): string => resolve(join(root, given));

/** A path of this machine as the stack spells it; null where the root does not hold it. */
export const toRootPath = (root: string, path: string): string | null =>
  isBelow(root, path) ? `/${relative(root, path).split(sep).join('/')}` : null;

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
