import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateTypes, typesOf } from '../../scripts/generate-wire-types.ts';

test.each(Object.entries(typesOf))('the types of %s are what it makes of them now', async (description, path) => {
  expect(await readFile(path, 'utf8')).toBe(await generateTypes(description));
});
