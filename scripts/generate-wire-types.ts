import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { findApiDescription } from '../src/openapi/load.ts';

export const wireTypesPath = join(import.meta.dirname, '../src/openapi/wire-types.ts');

const header = `// Generated from openapi.yaml by \`node scripts/generate-wire-types.ts\`. Change the description, then run it again.

`;

/** The text of src/openapi/wire-types.ts as openapi.yaml has it now. */
export const generateWireTypes = async (): Promise<string> =>
  header + astToString(await openapiTS(pathToFileURL(findApiDescription()), { immutable: true }));

if (import.meta.main) await writeFile(wireTypesPath, await generateWireTypes());
