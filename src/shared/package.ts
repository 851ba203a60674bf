import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why the package cannot be loaded, in one sentence: the place where that was found out says nothing to a user. */
export const toLoadError = (reason: string): Error => {
  const error = new Error(`Failed to load cycle-scheduler: ${reason}`);
  error.stack = `${error.name}: ${error.message}`;
  return error;
};

/** Whether the folder's package.json is this package's, and not that of a project whose bundler has swallowed this code. */
const isOwn = (folder: string): boolean => {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: unknown };
    return name === 'cycle-scheduler';
  } catch {
    return false;
  }
};

/** The package's folder: the one above this file, run from source or built, that holds package.json. Throws where there is none. */
const findPackageRoot = (): string => {
  // Not import.meta.dirname, which Jest 29 does not have. Bundlers that write CommonJS leave not even a URL.
  const url: string | undefined = import.meta.url;
  let folder = url?.startsWith('file:') ? dirname(fileURLToPath(url)) : '/';
  while (folder !== dirname(folder) && !isOwn(folder)) folder = dirname(folder);
  if (isOwn(folder)) return folder;
  throw toLoadError(
    'its code lies outside its package, as where a bundler has put it into another file. Mark cycle-scheduler as external for the bundler.',
  );
};

/** Where what comes with the package lies beside the code: package.json, openapi.yaml, fixtures. */
export const packageRoot = findPackageRoot();

/** For dependencies that are loaded when they are first needed. */
export const requireDependency = createRequire(join(packageRoot, 'package.json'));

/** The package's version. */
export const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
