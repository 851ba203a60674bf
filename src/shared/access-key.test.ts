import { expect, test } from 'vitest';
import { problemsWith } from '../../test/support/stack/sample.ts';
import { findKeyFault } from './access-key.ts';

test.each(['local-secret', 'two words', 'schlüssel'])('%j can be an access key', (key) => {
  expect(findKeyFault(key)).toBeNull();
});

test.each(['a\nb', 'a\r', '\0', 'a\x7f', ' a', 'a ', '\u00a0a'])('%j can be no access key', (key) => {
  expect(findKeyFault(key)).toMatch(/^it (has|begins or ends with) a .*, which no header can carry$/);
});

test('an access key leaves room for the other headers, in a stack as well', () => {
  expect(findKeyFault('x'.repeat(8_192))).toBeNull();
  expect(findKeyFault('x'.repeat(8_193))).toBe('it is longer than 8192 characters');
  const path = 'services.scheduler.config.access_keys';
  expect(problemsWith({ [path]: [{ name: 'a', secret: 'x'.repeat(8_193) }] })).toEqual([
    `${path}[0].secret: got a string (not shown), expected a secret of at most 8192 printable ASCII characters, no blank at its ends`,
  ]);
});
