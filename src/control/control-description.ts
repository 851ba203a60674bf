import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiDescription, loadApiDescription } from '../openapi/load.ts';
import { packageRoot } from '../package-root.ts';

/** docs/control-api.yaml, checked, and as it stands there. */
export type ControlDescription = { readonly api: ApiDescription; readonly text: string };

export const loadControlDescription = async (): Promise<ControlDescription> => {
  const path = join(packageRoot, 'docs', 'control-api.yaml');
  const [api, text] = await Promise.all([loadApiDescription(path), readFile(path, 'utf8')]);
  return { api, text };
};
