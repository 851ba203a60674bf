import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../errors.ts';
import { loadPlaces } from './load-places.ts';
import type { Stack } from './model.ts';
import { parseStack } from './parse-stack.ts';

/** Far above any stack; a file past it is another file, and reading it would only take long. */
const largestFile = 1024 * 1024;

export type LoadOptions = {
  /**
   * Folder that stands for the root of the repository: `context_dir` and `build_file` are paths from there, and nothing
   * outside it is read. The stack file's folder without it, or the working directory of a stack that was built in code.
   */
  readonly root?: string | undefined;
};

/**
 * Reads a stack file, YAML or JSON by its content, and looks whether its build contexts are there.
 * Throws an EmulatorError `stackInvalid`, or `badOption` where the root is no folder.
 */
export const loadStack = async (path: string, { root }: LoadOptions = {}): Promise<Stack> => {
  const source = resolve(path);
  const places = loadPlaces(root, dirname(source));
  const text = decode(await readBytes(source), source);
  return parseStack(text, { source, ...places });
};

/** A stack as one would write it into a file, as an object. */
export type RawStack = {
  readonly version: string;
  readonly containers: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
};

/** Reads a stack that was built in code. Throws like `loadStack`. */
export const loadRawStack = (stack: RawStack, { root }: LoadOptions = {}): Stack =>
  parseStack(stack, { source: 'stack built in code', ...loadPlaces(root, process.cwd()) });

const readBytes = async (source: string): Promise<Uint8Array> => {
  try {
    const found = await stat(source);
    // A pipe is fine, a device may never end.
    const readable = found.isFile() || found.isFIFO() || found.isDirectory();
    if (!readable) throw fail(source, 'it is no file. Name a stack file');
    if (found.size > largestFile) throw fail(source, `it is larger than ${largestFile} bytes. Name a stack file`);
    return await readFile(source);
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    throw fail(source, describe(error), error);
  }
};

const decode = (bytes: Uint8Array, source: string): string => {
  try {
    // Drops a byte order mark as well.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fail(source, 'it is not UTF-8 text. Save it as UTF-8', error);
  }
};

const describe = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file. Check the path';
  if (code === 'EISDIR') return 'it is a directory. Name the stack file in it';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it. Check its permissions';
  return `${toMessage(error)}. Check the path`;
};

const fail = (source: string, reason: string, cause?: unknown): EmulatorError =>
  new EmulatorError(errorCodes.stackInvalid, `Failed to read the stack ${source}: ${reason}.`, { cause });
