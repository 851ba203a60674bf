import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiDescription, parseApiDescription } from '../openapi/load.ts';
import { lazily } from '../shared/async.ts';
import { packageRoot } from '../shared/package.ts';

/** docs/control-api.yaml, and as it stands there. */
export type ControlDescription = { readonly api: ApiDescription; readonly text: string };

/** Read once for all emulators of the process, so that they share its validator. */
export const readControlDescription = lazily((): ControlDescription => {
  const text = readFileSync(join(packageRoot, 'docs', 'control-api.yaml'), 'utf8');
  return { api: parseApiDescription(text), text };
});
