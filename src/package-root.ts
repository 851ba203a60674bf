import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: the one above this file, run from source or built, that holds package.json. Throws where there is none. */
const findPackageRoot = (): string => {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  throw new Error(`package.json lies in no folder above ${import.meta.dirname}: the package is incomplete`);
};

/** Where what comes with the package lies beside the code: package.json, openapi.yaml, fixtures. */
export const packageRoot = findPackageRoot();
