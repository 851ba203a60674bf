import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stackDocsPath, withStackTables } from './generate-stack-docs.ts';
import { stackSchemaPath, stackSchemaText } from './generate-stack-schema.ts';
import { withTransitions } from './generate-state-docs.ts';

it('docs/states.md shows what the scheduler does; npm run generate writes it', () => {
  const document = readFileSync(new URL('../docs/states.md', import.meta.url), 'utf8');
  expect(document).toBe(withTransitions(document));
});

it('stack.schema.json says what the reader of stack files takes; npm run generate writes it', () => {
  expect(readFileSync(stackSchemaPath, 'utf8')).toBe(stackSchemaText());
});

it('docs/fixtures.md shows the fields of a stack file as they are declared; npm run generate writes it', () => {
  const document = readFileSync(stackDocsPath, 'utf8');
  expect(document).toBe(withStackTables(document));
});
