import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateWireTypes, wireTypesPath } from '../../scripts/generate-wire-types.ts';

test('wire-types.ts is what openapi.yaml makes of it now', async () => {
  expect(await readFile(wireTypesPath, 'utf8')).toBe(await generateWireTypes());
});
