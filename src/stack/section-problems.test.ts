import { describe, expect, it } from 'vitest';
import { problemsWith } from '../../test/support/stack/sample.ts';

const keys = 'services.scheduler.config.access_keys';

const key = (more: object) => ({ name: 'a', secret: 'hunter2', ...more });
const address = 'an IP address or a CIDR block, such as 10.0.0.0/8 or fd00::/8';
const header = 'a secret of at most 8192 printable ASCII characters, no blank at its ends';
const scope = { containers: { global: true } };
const raw = { type: 'raw', details: { value: 'x' } };

describe('a problem beside the containers', () => {
  it.each<[string, unknown, string]>([
    [keys, 'hunter2', ': got a string (not shown), expected a list'],
    ['emulator', 'x', ': got "x", expected an object'],
    ['emulator.server.id', 'xyz', ': got "xyz", expected 24 lower-case hex characters'],
    [
      'emulator.server.id',
      '65A000000000000000000001',
      ': got "65A000000000000000000001", expected 24 lower-case hex characters: write "65a000000000000000000001"',
    ],
    [keys, ['hunter2'], '[0]: got a string (not shown), expected an object'],
    [keys, [{ name: 'a' }], '[0].secret: missing, expected a secret'],
    [keys, [{ secret: 'hunter2' }], '[0].name: missing, expected a name'],
    [keys, [key({ secret: '' })], `[0].secret: got an empty string, expected ${header}`],
    [keys, [key({ secret: 'hunter2\n' })], `[0].secret: got a string (not shown), expected ${header}`],
    [keys, [key({ secret: ' hunter2' })], `[0].secret: got a string (not shown), expected ${header}`],
    [keys, [key({ secret: 'schlüssel' })], `[0].secret: got a string (not shown), expected ${header}`],
    [keys, [key({ secret: 12 })], '[0].secret: got a number (not shown), expected a string: put it in quotes'],
    [keys, [key({ ips: ['10.0.0.0/33'] })], `[0].ips[0]: got "10.0.0.0/33", expected ${address}`],
    [keys, [key({ ips: ['127.1'] })], `[0].ips[0]: got "127.1", expected ${address}`],
    [keys, [key({ ips: ['::1', 'localhost'] })], `[0].ips[1]: got "localhost", expected ${address}`],
    [
      keys,
      [key({ name: 'a\nb' })],
      '[0].name: got "a\\nb", expected a name without control characters such as line breaks',
    ],
    [keys, [key({}), key({ secret: 'other' })], '[1].name: got "a", expected a name that no other key has'],
    [
      keys,
      [key({}), key({ name: 'b' })],
      '[1].secret: got a string (not shown), expected a secret that no other key has',
    ],
    ['scoped_variables', ['A=hunter2'], '[0]: got a string (not shown), expected an object'],
    [
      'scoped_variables',
      [{ identifier: 'a', scope, access: {}, source: 'hunter2' }],
      '[0].source: got a string (not shown), expected an object',
    ],
    [
      'scoped_variables',
      [{ identifier: 'a', scope, access: { env_variable: { key: 'A=B' } }, source: raw }],
      '[0].access.env_variable.key: got "A=B", expected the name of a variable, not empty and without = or NUL',
    ],
    ['emulator.containers', { jbo: {} }, '.jbo: names no container of this stack, did you mean "job"?'],
    [
      'emulator',
      { environment: { id: '1'.repeat(24) }, server: { id: '1'.repeat(24) } },
      `.server.id: got "${'1'.repeat(24)}", expected an ID that nothing else in this stack has`,
    ],
    [
      'scoped_variables',
      [{ identifier: 'a', access: {}, source: raw }],
      '[0].scope.containers: missing, expected an object with global, identifiers or ids',
    ],
    [
      'scoped_variables',
      [{ identifier: 'a=b', scope, access: {}, source: raw }],
      '[0].identifier: got "a=b", expected the name of a variable, not empty and without = or NUL',
    ],
  ])('of %s: %j is %s', (path, value, text) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}${text}`]);
  });
});
