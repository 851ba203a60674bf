import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateTypes, typesOf } from '../../scripts/generate-wire-types.ts';

test.each(Object.entries(typesOf))('the generated types of %s are up to date', async (description, path) => {
  expect(await readFile(path, 'utf8')).toBe(await generateTypes(description));
});
