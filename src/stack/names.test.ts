import { describe, expect, it } from 'vitest';
import {
  isIdentifier,
  parseHostname,
  parseImageReference,
  parseNetworkName,
  parseRegistryUrl,
  toHostname,
} from './values.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('isIdentifier', () => {
  it.each(['a', 'hello', 'my-api-2', '2fast', 'a-', 'x'.repeat(63)])('takes %s', (text) => {
    expect(isIdentifier(text)).toBe(true);
  });

  it.each(['', 'Hello', 'my api', 'my_api', '-a', 'ä', 'a.b', 'a\n', 'x'.repeat(64)])('refuses %j', (text) => {
    expect(isIdentifier(text)).toBe(false);
  });
});

describe('parseHostname', () => {
  it.each(['a', 'Web-1', 'a.b.c', '9'])('takes %s', (text) => {
    expect(parseHostname(text)).toEqual({ ok: true, value: text });
  });

  it.each(['', '-a', 'a-', 'a..b', '.a', 'a.', 'a_b', 'ä', 'x'.repeat(64)])('refuses %j', (text) => {
    expect(parseHostname(text)).toMatchObject({ ok: false });
  });

  it('takes the host name made of any identifier', () => {
    expect(toHostname('a--')).toBe('a');
    expect(parseHostname(toHostname('x'.repeat(63)))).toMatchObject({ ok: true });
  });
});

describe('parseImageReference', () => {
  it.each([
    ['busybox', 'busybox:latest'],
    ['busybox:1.37', 'busybox:1.37'],
    ['library/busybox', 'library/busybox:latest'],
    ['example.com:5000/a/b_c/d-e', 'example.com:5000/a/b_c/d-e:latest'],
    ['example.com:5000/a:b', 'example.com:5000/a:b'],
    [`busybox@${digest}`, `busybox@${digest}`],
    [`busybox:1.37@${digest}`, `busybox:1.37@${digest}`],
  ])('reads %s as %s', (text, value) => {
    expect(parseImageReference(text)).toEqual({ ok: true, value });
  });

  it.each(['', 'Busybox', 'a b', 'a:', ':1', 'a/', 'a@sha256:12', 'https://example.com/a', `${'a/'.repeat(400)}a`])(
    'refuses %j',
    (text) => {
      expect(parseImageReference(text)).toMatchObject({ ok: false });
    },
  );
});

describe('parseRegistryUrl', () => {
  it.each([
    ['https://example.com', 'example.com'],
    ['http://example.com:5000/', 'example.com:5000'],
    ['example.com/team//', 'example.com/team'],
  ])('reads %s as %s', (text, value) => {
    expect(parseRegistryUrl(text)).toEqual({ ok: true, value });
  });

  it.each(['', 'ftp://example.com', 'https://me:secret@example.com', 'a b', `a${'/'.repeat(1_000_000)}!`])(
    'refuses %.40j',
    (text) => {
      expect(parseRegistryUrl(text)).toMatchObject({ ok: false });
    },
  );
});

describe('parseNetworkName', () => {
  it.each(['a', 'my-project_default', 'Net.1', '9'])('takes %s', (text) => {
    expect(parseNetworkName(text)).toEqual({ ok: true, value: text });
  });

  it.each(['', '-a', '_a', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(256)])('refuses %j', (text) => {
    expect(parseNetworkName(text)).toMatchObject({ ok: false });
  });
});
