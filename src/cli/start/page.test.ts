import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCli } from '../../../test/support/cli-process.ts';

const secret = 'local-secret';
const simulated = ['start', '--runtime', 'simulated', '--port', '0'];

const linkOf = (line: string): URL => new URL(line.split(/\s+/)[1] ?? '');

it('start prints a link to the page, whose code is good for one key, and nothing of it in the log', async () => {
  using cli = startCli([...simulated, '--log-level', 'debug']);
  const link = linkOf(await cli.line(/^Page /));
  const code = link.hash.replace('#code=', '');
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code }) };
  const response = await fetch(`${link.origin}/_emulator/ui/exchange`, init);
  expect(await response.json()).toEqual({ data: { access_key: secret } });
  cli.child.kill('SIGTERM');
  const { stdout, stderr } = await cli.ended;
  expect(stderr).not.toContain(code);
  expect(stdout + stderr).not.toContain(secret);
  expect(stderr).not.toContain('Experimental');
});

it('start prints no link where the page is turned off by a flag or by the environment', async () => {
  for (const [args, env] of [
    [['--no-ui'], {}],
    [[], { CYCLE_SCHEDULER_NO_UI: '1' }],
    [['--no-control'], {}],
  ] as const) {
    using cli = startCli([...simulated, ...args], env);
    await cli.line(/^ready /);
    cli.child.kill('SIGTERM');
    expect((await cli.ended).stdout).not.toMatch(/^Page/m);
  }
});

it('start --json names the page, and prints no code', async () => {
  using cli = startCli([...simulated, '--json']);
  const { uiUrl, url } = JSON.parse(await cli.line(/"event":"ready"/));
  expect(uiUrl).toBe(`${url}/_emulator/ui`);
});

it('start serves the page under the names of a flag and of the environment', async () => {
  for (const [args, env] of [
    [['--ui-host', 'one.test', '--ui-host', 'two.test'], {}],
    [[], { CYCLE_SCHEDULER_UI_HOST: 'one.test, two.test' }],
  ] as const) {
    using cli = startCli([...simulated, ...args], env);
    const { port } = linkOf(await cli.line(/^Page /));
    const statusUnder = async (host: string): Promise<number> => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const sent = request({ port, path: '/_emulator/ui', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.once('error', reject).end();
      return await promise;
    };
    expect([await statusUnder('one.test'), await statusUnder('two.test'), await statusUnder('three.test')]).toEqual([
      200, 200, 403,
    ]);
  }
});

it('start refuses a name of a host that is none', async () => {
  using cli = startCli([...simulated, '--ui-host', 'http://one.test']);
  const { code, stderr } = await cli.ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/--ui-host.*http:\/\/one\.test.*host name/s);
});

/** A folder in which `xdg-open` is this script. */
const withOpener = (script: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-open-'));
  writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'xdg-open'), 0o755);
  return folder;
};

it('start --open gives the browser a link with a code of its own, and a browser that fails is one line', async () => {
  // The last line of stderr says that the opener is done.
  const folder = withOpener('printf %s "$1" > "$0.link"; exit 3');
  using cli = startCli([...simulated, '--open'], { PATH: `${folder}:${process.env['PATH']}` });
  const printed = linkOf(await cli.line(/^Page /));
  expect(await cli.line(/browser/, 'stderr')).toBe(
    'cycle-scheduler: Failed to open a browser: xdg-open has ended with 3. Open the link of the line "Page" in one.',
  );
  const opened = new URL(readFileSync(join(folder, 'xdg-open.link'), 'utf8'));
  expect(opened.hash).toMatch(/^#code=[\w-]{32}$/);
  expect([opened.origin, opened.pathname]).toEqual([printed.origin, printed.pathname]);
  expect(opened.hash).not.toBe(printed.hash);
  cli.child.kill('SIGTERM');
  expect((await cli.ended).code).toBe(0);
});

it('start --open without a browser goes on', async () => {
  using cli = startCli([...simulated, '--open'], { PATH: '/nonexistent' });
  expect(await cli.line(/browser/, 'stderr')).toMatch(/^cycle-scheduler: Failed to open a browser: .*ENOENT/);
  cli.child.kill('SIGTERM');
  expect((await cli.ended).code).toBe(0);
});
