import { join, relative, resolve, sep } from 'node:path';
import { isBelow } from '../shared/values.ts';

/** A path of the stack as one of this machine. It starts at the root, with a leading slash or without. */
export const fromRoot = (root: string, given: string): string => resolve(join(root, given));

/** A path of this machine as the stack spells it; null where the root does not hold it. */
export const toRootPath = (root: string, path: string): string | null =>
  isBelow(root, path) ? `/${relative(root, path).split(sep).join('/')}` : null;
