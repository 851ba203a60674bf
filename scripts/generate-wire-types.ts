import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const root = join(import.meta.dirname, '..');

/** Each description, and the file of its types. */
export const typesOf = {
  'openapi.yaml': join(root, 'src/openapi/wire-types.ts'),
  'docs/control-api.yaml': join(root, 'src/openapi/control-types.ts'),
} as const;

/** The text of a description's types as it is now. */
export const generateTypes = async (description: string): Promise<string> =>
  `// Generated from ${description} by \`node scripts/generate-wire-types.ts\`. Change the description, then run it again.

${astToString(await openapiTS(pathToFileURL(join(root, description)), { immutable: true }))}`;

if (import.meta.main) {
  for (const [description, path] of Object.entries(typesOf)) await writeFile(path, await generateTypes(description));
}
