import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCodes } from '../errors.ts';
import type { Stack } from './model.ts';
import { parseStack } from './parse-stack.ts';
import type { Kind } from './places.ts';
import { readTextFile } from './read-text-file.ts';
import { loadVariables } from './variables/load-variables.ts';
import type { VariableSources } from './variables/stack-variables.ts';

/**
 * Reads a stack file, YAML or JSON by its content, and looks whether its build contexts are there.
 * Relative paths in it start at its directory. Throws an EmulatorError: `stackInvalid` where the stack cannot be used,
 * `badOption` where the sources of its variables cannot.
 */
export const loadStack = async (path: string, sources: VariableSources = {}): Promise<Stack> => {
  const variables = await loadVariables(sources);
  const { text, source } = await readTextFile(path, 'the stack', errorCodes.stackInvalid);
  return parseStack(text, { source, baseDir: dirname(source), kindOf, variables });
};

/** A stack as one would write it into a file, as an object. */
export type RawStack = {
  readonly version: string;
  readonly containers: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
};

/** Reads a stack that was built in code; its relative paths start at the working directory. Throws like `loadStack`. */
export const loadRawStack = async (stack: RawStack, sources: VariableSources = {}): Promise<Stack> => {
  const variables = await loadVariables(sources);
  return parseStack(stack, { source: 'stack built in code', baseDir: process.cwd(), kindOf, variables });
};

const kindOf = (path: string): Kind => {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch {
    // Not there, not to be looked at, or no path at all: none of it can be built from.
    return 'nothing';
  }
};
