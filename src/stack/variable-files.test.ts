import { describe, expect, it } from 'vitest';
import { parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const variable = (file: unknown, { value = 'text', identifier = 'token' } = {}) => ({
  identifier,
  scope: { containers: { global: true } },
  access: { file },
  source: { type: 'raw', details: { value } },
});

const filesWith = (...variables: readonly unknown[]) => {
  const { functions, warnings } = parseSample({ scoped_variables: variables });
  expect(warnings).toEqual([]);
  return functions[0]?.files.map(({ base64, ...file }) => ({
    ...file,
    content: Buffer.from(base64, 'base64').toString(),
  }));
};

const standard = { path: '/var/run/cycle/variables/token', mode: 0o644, uid: 0, gid: 0, content: 'text' };

describe('a scoped variable with access.file is a file', () => {
  it.each([
    ['no more', {}, standard],
    ['the form of the platform, empty', { decode: false, path: null, permissions: '', uid: null, gid: null }, standard],
    ['a path', { path: '/etc/app/token' }, { ...standard, path: '/etc/app/token' }],
    ['permissions and an owner', { permissions: '0400', uid: 1, gid: 2 }, { ...standard, mode: 0o400, uid: 1, gid: 2 }],
  ])('with %s', (_, file, expected) => {
    expect(filesWith(variable(file))).toEqual([expected]);
  });

  it('with what base64 stands for, line breaks in it or not', () => {
    expect(filesWith(variable({ decode: true }, { value: 'dGV4\ndA==\n' }))).toEqual([standard]);
  });

  it('that the later of two with its path replaces', () => {
    expect(filesWith(variable({}), variable({}, { value: 'later' }))).toEqual([{ ...standard, content: 'later' }]);
  });

  it('and an environment variable beside it', () => {
    const both = { ...variable({}), access: { file: {}, env_variable: { key: 'TOKEN' } } };
    const [spec] = parseSample({ scoped_variables: [both] }).functions;
    expect(spec).toMatchObject({ environment: { TOKEN: 'text' }, files: [{ mode: 0o644 }] });
  });

  it('with any text, which only environment variables cannot have', () => {
    expect(filesWith(variable({}, { value: 'a\0b' }))).toMatchObject([{ content: 'a\0b' }]);
    const asVariable = { ...variable(null, { value: 'a\0b' }), access: { env_variable: {} } };
    expect(problemsWith({ scoped_variables: [asVariable] })).toHaveLength(1);
  });
});

describe('access.file is refused, without its value, where', () => {
  it.each([
    ['its path is none', { path: 'a/b' }, /access\.file\.path: got "a\/b", expected the absolute path of a file/],
    ['its path leads up', { path: '/a/../b' }, /access\.file\.path: /],
    ['its path is a folder', { path: '/a/' }, /access\.file\.path: /],
    ['it would be hidden', { path: '/proc/token' }, /access\.file\.path: .*not in \/proc, \/sys or \/dev/],
    ['its permissions are none', { permissions: 'rw' }, /access\.file\.permissions: got "rw", expected permissions/],
    ['its permissions are a number', { permissions: 644 }, /access\.file\.permissions: got 644, expected a string/],
    ['its owner is a name', { uid: 'root' }, /access\.file\.uid: got "root", expected a whole number/],
    [
      'it cannot be decoded',
      { decode: true },
      /source\.details\.value: got a string \(not shown\), expected a value in base64/,
    ],
  ])('%s', (_, file, expected) => {
    const value = 'hunter2-is-no-base64';
    const problems = problemsWith({ scoped_variables: [variable(file, { value })] });
    expect(problems).toEqual([expect.stringMatching(expected)]);
    expect(problems.join()).not.toContain(value);
  });

  it('it names no path and its identifier is no name of a file', () => {
    expect(problemsWith({ scoped_variables: [variable({}, { identifier: 'a/../../b' })] })).toHaveLength(1);
  });

  it('nothing can be mounted there, the root being read-only', () => {
    const changes = { scoped_variables: [variable({ path: '/token' })], '.config.runtime.rootfs.readonly': true };
    expect(problemsWith(changes)).toEqual([
      expect.stringMatching(/^containers\.job\.config\.runtime\.rootfs\.readonly: /),
    ]);
  });
});
