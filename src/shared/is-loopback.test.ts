import { expect, test } from 'vitest';
import { isLoopback } from './addresses.ts';

test.each(['127.0.0.1', '127.8.0.1', '::1', '[::1]', '0:0::1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
  '%s is the loopback',
  (host) => expect(isLoopback(host)).toBe(true),
);

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.7',
  '127.example',
  '127.1',
  '127.0.0.1.example',
  'localhost.example',
  '::ffff:10.0.0.7',
  '',
])('"%s" is not the loopback', (host) => expect(isLoopback(host)).toBe(false));
