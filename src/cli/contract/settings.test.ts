import { describe, expect, test } from 'vitest';
import { findWithoutEffect, readConfiguration } from './read-settings.ts';

const reasons = (flags: Readonly<Record<string, unknown>>, environment = {}): readonly string[] =>
  findWithoutEffect(readConfiguration({ flags, environment })).map(({ reason }) => reason);

const here = 'http://127.0.0.1:1';
const elsewhere = 'http://scheduler.example.com';

describe('a setting without effect is refused', () => {
  test.each([
    ['container', { container: ['x'] }],
    ['access-key', { 'access-key': 'a-key' }],
    ['access-key-file', { 'access-key-file': 'key' }],
    ['non-function', { 'non-function': 'x' }],
    ['root', { root: '.' }],
    ['var', { var: ['a=b'] }],
    ['var-file', { 'var-file': 'v' }],
    ['stack', { url: here, stack: 's' }],
    ['root', { url: here, root: '.' }],
    ['runtime', { url: here, runtime: 'docker' }],
    ['callback-url', { url: here, callback: 'off', 'callback-url': here }],
    ['callback-host', { callback: 'off', 'callback-host': '::1' }],
    ['callback-port', { url: elsewhere, 'callback-port': 1 }],
  ])('%s in %j', (name, flags) => {
    expect(reasons(flags)).toContainEqual(expect.stringContaining(`--${name} has no effect, since `));
  });

  test('wherever it comes from', () => {
    expect(reasons({}, { CONTAINER_ID: 'x' })).toEqual([expect.stringContaining('CONTAINER_ID has no effect')]);
  });

  test.each([
    [{ url: here, container: ['x'], 'access-key': 'a-key', 'non-function': 'y' }],
    [{ stack: 's', root: '.', var: ['a=b'], 'var-file': 'v', runtime: 'simulated' }],
    [{ 'callback-port': 1 }],
    [{ url: here, 'callback-port': 1 }],
    [{ url: elsewhere, 'callback-url': here, 'callback-port': 1 }],
    [{ url: elsewhere, callback: 'auto', 'callback-host': '::1' }],
  ])('unlike %j', (flags) => {
    expect(reasons(flags)).toEqual([]);
  });
});

describe('the access key', () => {
  const valuesOf = (flags: object, environment: object) =>
    readConfiguration({ flags: { ...flags }, environment: { ...environment } }).values;

  test('comes from the stronger source, as a key or as a file', () => {
    expect(valuesOf({ 'access-key-file': 'f' }, { ACCESS_TOKEN: 'k' })).toEqual({ 'access-key-file': 'f' });
    expect(valuesOf({ 'access-key': 'k' }, { CYCLE_CONTRACT_ACCESS_KEY_FILE: 'f' })).toEqual({ 'access-key': 'k' });
  });

  test('is not given twice by one source', () => {
    expect(() => valuesOf({ 'access-key': 'k', 'access-key-file': 'f' }, {})).toThrow('are both given');
  });
});
