import { existsSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';

/** Freezes a tree of plain values to its leaves. */
export const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
};

/** An object with keys, and no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a path is the folder or lies below it, by its letters alone. */
export const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
};

/** Whether this process runs in a container, by the files that Docker and Podman leave there. */
export const isContained = (): boolean => ['/.dockerenv', '/run/.containerenv'].some(existsSync);
