import { expect, test } from 'vitest';
import { keyFlag } from './report.ts';

test.each([
  [undefined, '--access-key "$CYCLE_ACCESS_KEY"'],
  [{ 'access-key': '--access-key' }, '--access-key "$CYCLE_ACCESS_KEY"'],
  [{ 'access-key': 'ours.yaml (access-key)' }, '--access-key "$CYCLE_ACCESS_KEY"'],
  [{ 'access-key': 'ACCESS_TOKEN' }, '--access-key "$ACCESS_TOKEN"'],
  [{ 'access-key': 'our key.txt', 'access-key-file': '--access-key-file' }, "--access-key-file 'our key.txt'"],
])('a command repeats how the key was given: %j', (sources, flag) => {
  expect(keyFlag(sources)).toBe(flag);
});
