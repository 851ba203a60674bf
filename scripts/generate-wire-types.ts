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

/** The text of a description's types as it is now; of ours, with the words of each enumeration as values. */
export const generateTypes = async (description: string): Promise<string> => {
  const options = { immutable: true, enumValues: description === 'docs/control-api.yaml' };
  return `// Generated from ${description} by \`node scripts/generate-wire-types.ts\`. Change the description, then run it again.

${astToString(await openapiTS(pathToFileURL(join(root, description)), options))}`;
};

if (import.meta.main) {
  for (const [description, path] of Object.entries(typesOf)) await writeFile(path, await generateTypes(description));
}
