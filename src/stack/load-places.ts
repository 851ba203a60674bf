import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
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
