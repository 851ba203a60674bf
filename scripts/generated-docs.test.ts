import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withTransitions } from './generate-state-docs.ts';

it('docs/states.md shows what the scheduler does; npm run generate writes it', () => {
  const document = readFileSync(new URL('../docs/states.md', import.meta.url), 'utf8');
  expect(document).toBe(withTransitions(document));
});
