import { dirname, resolve } from 'node:path';
import { errorCodes } from '../shared/errors.ts';
import { loadPlaces } from './load-places.ts';
import type { Stack } from './model.ts';
import { parseStack } from './parse-stack.ts';
import { readTextFile } from './read-text-file.ts';
import { loadVariables } from './variables/load-variables.ts';
import type { VariableSources } from './variables/stack-variables.ts';

export type LoadOptions = VariableSources & {
  /**
   * Folder that stands for the root of the repository: `context_dir` and `build_file` are paths from there, and nothing
   * outside it is read. The stack file's folder without it, or the working directory of a stack that was built in code.
   */
  readonly root?: string | undefined;
  /** Ends the wait for a pipe that a stack or its variables are read from; the load then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Reads a stack file, YAML or JSON by its content, and looks whether its build contexts are there.
 * Throws an EmulatorError: `stackInvalid` where the stack cannot be used, `badOption` where the root is no folder or the
 * sources of its variables cannot be read.
 */
export const loadStack = async (path: string, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, dirname(resolve(path)));
  const variables = await loadVariables(sources, signal);
  const { text, source } = await readTextFile(path, 'the stack', errorCodes.stackInvalid, signal);
  return parseStack(text, { source, ...places, variables });
};

/** A stack as one would write it into a file, as an object. */
export type RawStack = {
  readonly version: string;
  readonly containers: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
};

/** Reads a stack that was built in code. Throws like `loadStack`. */
export const loadRawStack = async (stack: RawStack, { root, signal, ...sources }: LoadOptions = {}): Promise<Stack> => {
  const places = loadPlaces(root, process.cwd());
  const variables = await loadVariables(sources, signal);
  return parseStack(stack, { source: 'stack built in code', ...places, variables });
};
