import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiDescription, parseApiDescription } from '../openapi/load.ts';
import { packageRoot } from '../package-root.ts';

/** docs/control-api.yaml, and as it stands there. */
export type ControlDescription = { readonly api: ApiDescription; readonly text: string };

export const readControlDescription = (): ControlDescription => {
  const text = readFileSync(join(packageRoot, 'docs', 'control-api.yaml'), 'utf8');
  return { api: parseApiDescription(text), text };
};
