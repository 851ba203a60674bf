import { expect, test } from 'vitest';
import { Holdings } from './claim-tracker.ts';

const grant = { owner: 'CLAIM-001', container: 'c', instance: 'i', token: 'first' };

test('an instance that one token holds contradicts a grant to another', () => {
  const holdings = new Holdings();
  holdings.grant(grant, 0, 1);
  expect(holdings.grant({ ...grant, token: 'second' }, 2, 3)).toMatchObject(grant);
});

test('the same instance for the same token is the same claim', () => {
  const holdings = new Holdings();
  holdings.grant(grant, 0, 1);
  expect(holdings.grant(grant, 2, 3)).toBeUndefined();
  expect(holdings.all).toHaveLength(1);
});
