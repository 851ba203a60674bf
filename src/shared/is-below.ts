import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is the folder or lies below it, by its letters alone. */
export const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
};
