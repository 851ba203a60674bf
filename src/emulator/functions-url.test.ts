import { expect, test } from 'vitest';
import { errorCodes } from '../shared/errors.ts';
import { parseFunctionsUrl } from './functions-url.ts';

test('a functions URL has an address, which env-scheduler can stand for, or a name', () => {
  expect(parseFunctionsUrl('http://192.0.2.7:4280/')).toEqual({ url: 'http://192.0.2.7:4280', address: '192.0.2.7' });
  expect(parseFunctionsUrl('http://[2001:db8::7]')).toEqual({ url: 'http://[2001:db8::7]', address: '2001:db8::7' });
  expect(parseFunctionsUrl('https://ci.example/a').address).toBeNull();
});

test.each([
  ['http://ci.example?a=b', 'it has a query'],
  ['http://ci.example?', 'it has a query'],
  ['http://ci.example?#a', 'it has a query'],
  ['http://ci.example#a', 'it has a fragment'],
  ['http://u@ci.example', 'it has a user or a password'],
])('a functions URL of %j is refused with the reason', (text, fault) => {
  expect(() => parseFunctionsUrl(text)).toThrowError(`: ${fault}`);
});

test.each(['', 'ci.example', 'ftp://ci.example', 'http://u:p@ss@ci.example', 'http://ci.example?a=b'])(
  'a functions URL of %j is refused, without its password',
  (text) => {
    const message = expect.stringMatching(/^Failed to read the URL for functions "[^:]*(:\/\/(u@)?ci\.example)?":/);
    expect(() => parseFunctionsUrl(text)).toThrowError(
      expect.objectContaining({ code: errorCodes.badOption, message }),
    );
  },
);
