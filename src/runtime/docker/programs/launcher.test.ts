import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { canRunLauncher, unpackLauncher } from '../../../../test/support/runtime/run-launcher.ts';
import { encodeBlock } from '../containers/hot-container.ts';

const starting = 'cycle-gate: starting\n';

describe.skipIf(!canRunLauncher)('the launcher', () => {
  const launcher = unpackLauncher();
  afterAll(() => launcher[Symbol.dispose]());

  /** A script of the test's folder, by default one that can be executed. */
  const put = (name: string, text: string, mode = 0o755): string => {
    const path = join(launcher.folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  test('becomes the command, with the block’s variables over its own and their order kept', async () => {
    const block = encodeBlock({ B: 'new', LINES: 'one\ntwo\n', D: '', 'my.prop': 'a=b=c', UNICODE: '🐎' });
    const env = { A: 'own', B: 'old', C: 'kept', BB: 'no B' };
    const { code, stdout, stderr } = await launcher.run(['/bin/cat', '/proc/self/environ'], block, { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: starting });
    expect(stdout.split('\0')).toEqual([
      'A=own',
      'B=new',
      'C=kept',
      'BB=no B',
      'LINES=one\ntwo\n',
      'D=',
      'my.prop=a=b=c',
      'UNICODE=🐎',
      '',
    ]);
  });

  test('passes on arguments as they are, and keeps the working directory', async () => {
    const script = 'pwd; for word; do echo "<$word>"; done';
    const argv = ['/bin/sh', '-c', script, 'sh', 'two words', '', '$HOME'];
    const { stdout } = await launcher.run(argv, encodeBlock({}), { cwd: '/usr' });
    expect(stdout).toBe('/usr\n<two words>\n<>\n<$HOME>\n');
  });

  test('leaves the command nothing on stdin after the block', async () => {
    const more = Buffer.concat([encodeBlock({}), Buffer.from('more')]);
    expect(await launcher.run(['/bin/cat'], more)).toMatchObject({ code: 0, stdout: '' });
  });

  test('passes on variables as large as the kernel takes them', async () => {
    const LARGE = 'x'.repeat(128 * 1024 - 'LARGE='.length - 1);
    const { stdout } = await launcher.run(['/bin/sh', '-c', 'echo $' + '{#LARGE}'], encodeBlock({ LARGE }));
    expect(stdout).toBe(`${LARGE.length}\n`);
  });

  test('says with the words of the container runtime that variables are too large', async () => {
    const { code, stderr } = await launcher.run(['/bin/true'], encodeBlock({ LARGE: 'x'.repeat(128 * 1024) }));
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${starting}exec /bin/true: argument list too long\n` });
    const huge = await launcher.run(['/bin/true'], encodeBlock({ HUGE: 'x'.repeat(9 * 1024 ** 2) }));
    expect(huge).toMatchObject({ code: 126, stderr: 'cycle-gate: argument list too long\n' });
  });

  test('looks the command up in the new PATH, past what cannot be executed', async () => {
    mkdirSync(join(launcher.folder, 'first/said'), { recursive: true });
    mkdirSync(join(launcher.folder, 'second'));
    mkdirSync(join(launcher.folder, 'third'));
    put('second/said', 'no program', 0o644);
    put('third/said', '#!/bin/sh\necho third');
    const PATH = ['/nowhere', 'first', 'second', 'third'].map((name) => join(launcher.folder, name)).join(':');
    const old = { env: { PATH: '/nowhere' } };
    expect(await launcher.run(['said'], encodeBlock({ PATH }), old)).toMatchObject({
      stdout: 'third\n',
      stderr: starting,
    });
    const overlong = `${'/x'.repeat(4_000)}:${PATH}`;
    expect(await launcher.run(['said'], encodeBlock({ PATH: overlong }), old)).toMatchObject({ stdout: 'third\n' });
    const here = { cwd: join(launcher.folder, 'third') };
    expect(await launcher.run(['said'], encodeBlock({ PATH: '/nowhere:' }), here)).toMatchObject({ stdout: 'third\n' });
  });

  test.each([
    [{ PATH: '/nowhere' }, 'nope', 127, 'exec: "nope": executable file not found in $PATH'],
    [{ PATH: '' }, 'sh', 127, 'exec: "sh": executable file not found in $PATH'],
    [{}, 'sh', 127, 'exec: "sh": executable file not found in $PATH'],
    [{ PATH: '/etc' }, 'passwd', 127, 'exec: "passwd": executable file not found in $PATH'],
    [{ PATH: '/bin' }, '', 127, 'exec: "": executable file not found in $PATH'],
    [{}, '/no/such', 127, 'exec: "/no/such": stat /no/such: no such file or directory'],
    [{}, '/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
    [{}, '/etc', 126, 'exec: "/etc": permission denied'],
  ])('with %j says why %j cannot be started', async (environment, command, code, reason) => {
    const block = encodeBlock(environment);
    expect(await launcher.run([command], block)).toMatchObject({ code, stdout: '', stderr: `cycle-gate: ${reason}\n` });
  });

  test('ends as under the container runtime where the kernel cannot execute what was found', async () => {
    const cases = [
      [put('no-interpreter', '#!/no/such/interpreter\n'), 'no such file or directory'],
      [put('no-program', 'neither a program nor a script\n'), 'exec format error'],
    ] as const;
    for (const [path, reason] of cases) {
      const { code, stderr } = await launcher.run([path], encodeBlock({}));
      expect({ code, stderr }).toEqual({ code: 1, stderr: `${starting}exec ${path}: ${reason}\n` });
    }
  });

  test('ends without output when its emulator is gone, and with a message where it has no command', async () => {
    expect(await launcher.run(['/bin/true'], Buffer.alloc(0))).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await launcher.run([], encodeBlock({}))).toMatchObject({
      code: 125,
      stderr: 'cycle-gate: no command given\n',
    });
  });
});
