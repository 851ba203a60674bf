import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, and makes sure that it can be written. One by one: where the kernel refuses a folder as
 * a missing file, as in /proc, Node's recursive form tries again without end.
 *
 * @throws the system's error
 */
export const makeFolder = (folder: string, mode?: number): void => {
  if (!existsSync(folder)) {
    if (dirname(folder) !== folder) makeFolder(dirname(folder), mode);
    mkdirSync(folder, mode);
  }
  if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
  accessSync(folder, constants.W_OK);
};
