import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startCli } from '../../../test/support/cli-process.ts';
import { startOddServer } from '../../../test/support/odd-server.ts';
import { type SimulatedTarget, startSimulatedTarget } from '../../../test/support/simulated-target.ts';
import { packageRoot } from '../../shared/package.ts';

let target: SimulatedTarget;
let folder: string;

beforeAll(async () => {
  target = await startSimulatedTarget('hello');
});
afterAll(async () => await target[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'));
  return () => rm(folder, { recursive: true, force: true });
});

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  // Vite's own, which is no scheduler's.
  using cli = startCli(['contract', ...args], { BASE_URL: '', CYCLE_ACCESS_KEY: '', XDG_STATE_HOME: folder, ...env });
  return await cli.ended;
};

const settings = () => [
  ...['--url', target.options.url, '--container', target.options.containers[0] ?? ''],
  ...['--access-key-file', join(folder, 'key'), '--callback', 'off', '--settle', '0.2', '--explore', '0'],
];

/** Cases that claim, spawn and release, and leave no claim whose lease has to be waited for at the end. */
const brief = ['--only', 'ACCESS,RELEASE,RUN'];

const writeKey = async () => await writeFile(join(folder, 'key'), `${target.options.accessKey}\n`);

const keyed = ['--access-key', 'a-key', '--container', 'f'.repeat(24)];

describe('the exit code of contract is', () => {
  test('0 where the scheduler conforms; the reports are written and hold no key', async () => {
    await writeKey();
    const args = [...settings(), ...brief, '--report-dir', join(folder, 'report'), '--verbose'];
    const { code, stdout } = await run(args);
    expect(stdout).toMatch(/^pass +RELEASE-001 /m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^The scheduler conforms/);
    expect(code).toBe(0);
    const names = await readdir(join(folder, 'report'));
    expect(names.sort()).toEqual(['junit.xml', 'report.html', 'results.json', 'summary.md']);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, 'report', name), 'utf8')));
    for (const text of [...texts, stdout]) expect(text).not.toContain(target.options.accessKey);
  });

  test('1 where it breaks the contract', async () => {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{}}');
    });
    const args = ['--url', server.url, '--container', 'f'.repeat(24), '--level', 'probe'];
    const { code, stdout } = await run([...args, '--access-key', 'some-key']);
    expect(stdout).toMatch(/^FAIL {2}Every operation requires an access key .* \(ACCESS-001, /m);
    expect(stdout.split('\n').length).toBeLessThan(24);
    expect(code).toBe(1);
    // As texts of the result have it, in names and in values.
    for (const key of ['exit', 'Code', 'it']) {
      const short = await run([...args, '--only', 'ACCESS-001', '--access-key', key]);
      expect(short).toMatchObject({ code: 1, stdout: expect.stringContaining('warning: ') });
    }
  });

  test.each([
    ['a setting that is impossible', ['--level', 'everything'], '--level is "everything"'],
    ['a URL without a key', ['--container', 'f'.repeat(24)], '--access-key is missing. Give one of'],
    ['a URL without a key', ['--container', 'f'.repeat(24)], '--access-key-file, CYCLE_CONTRACT_ACCESS_KEY'],
    ['a URL without a key', ['--container', 'f'.repeat(24)], 'ACCESS_TOKEN or CYCLE_ACCESS_KEY.'],
    ['a list of no cases', ['--only', ''], '--only is empty'],
    ['a settings file without a name', ['--config', ''], '--config is empty'],
    ['a file that is not there', ['--known-differences', '/nowhere'], 'Failed to read the known differences'],
    ['a stack beside a URL', [...keyed, '--stack', 'x.yaml'], '--stack has no effect, since a URL'],
    ['a runtime beside a URL', [...keyed, '--runtime', 'simulated'], '--runtime has no effect'],
    ['a callback port and no callback', [...keyed, '--callback', 'off', '--callback-port', '7'], '--callback-port has'],
    ['a seed where nothing is explored', [...keyed, '--level', 'probe', '--seed', '1'], '--seed has no effect'],
    ['a key and a file of it', ['--access-key', 'a-key', '--access-key-file', 'key'], 'are both given'],
    [
      'a port that is none',
      ['--access-key', 'a-key', '--container', 'f'.repeat(24), '--callback-port', '70000'],
      '70000',
    ],
    [
      'a settings file with an unknown setting',
      ['--config', new URL('../../../biome.json', import.meta.url).pathname],
      'unknown setting',
    ],
  ])('2 for %s, with one line that says so', async (_what, args, reason) => {
    const { code, stderr } = await run(['--url', 'http://127.0.0.1:1', ...args]);
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test.each([
    ['a container', ['--container', 'f'.repeat(24)], '--container has no effect, since no URL'],
    ['a key', ['--access-key', 'some-key'], '--access-key has no effect'],
    ['a variable for no stack', ['--var', 'a=b'], '--var has no effect'],
    ['an unknown case', ['--only', 'NOPE'], 'no case is called "NOPE"'],
    ['a case beyond the level', ['--only', 'LEASE-001', '--level', 'probe'], '"LEASE-001" needs the level disruptive'],
    ['a case that is skipped as well', ['--only', 'ACCESS-001', '--skip', 'ACCESS'], 'to be skipped'],
    [
      'known differences that are no list',
      ['--known-differences', join(packageRoot, 'biome.json')],
      'they are no list',
    ],
  ])('2 for %s, before an emulator is started', async (_what, args, reason) => {
    // An engine that is not there would be a failure of its own.
    const { code, stderr } = await run(args, { DOCKER_HOST: 'tcp://127.0.0.1:1', CYCLE_SCHEDULER_DOCKER: '' });
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('2 for several things at once, a line for each', async () => {
    const args = ['--url', 'http://127.0.0.1:1', '--stack', 'x.yaml', '--level', 'claim', '--max-spawns', '3'];
    const { code, stderr } = await run(args);
    expect(stderr.trim().split('\n')).toEqual([
      'cycle-scheduler: Failed to run the contract: 3 settings are wrong.',
      expect.stringMatching(/^ {2}--stack has no effect, since a URL is given/),
      expect.stringMatching(/^ {2}--access-key is missing\. Give /),
      expect.stringMatching(/^ {2}--container is missing\. Give /),
    ]);
    expect(code).toBe(2);
  });

  test('2 for a variable that no setting has', async () => {
    const { code, stderr } = await run(['--list'], { CYCLE_CONTRACT_CONTAINERS: 'f'.repeat(24) });
    expect(stderr).toContain('CYCLE_CONTRACT_CONTAINERS, did you mean CYCLE_CONTRACT_CONTAINER.');
    expect(code).toBe(2);
  });

  test('2 for a flag before a subcommand, and for one that the subcommand makes no use of', async () => {
    const early = await run(['--url', 'http://127.0.0.1:1', 'cleanup']);
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('--url stands before cleanup') });
    expect(await run(['cleanup', '--level', 'probe'])).toMatchObject({ code: 2 });
    expect(await run(['cleanup', '--ledger-dir', '/no/such/folder'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no folder /no/such/folder'),
    });
  });

  test('3 where nothing answers', async () => {
    const args = ['--url', 'http://127.0.0.1:1', '--access-key', 'some-key', '--container', 'f'.repeat(24)];
    const { code, stdout } = await run(args);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(3);
  });

  test.each(['/dev/null/report', '/proc/report', '/dev/null'])(
    '2 where no reports can be written into %s',
    async (folder) => {
      await writeKey();
      const args = [...settings(), '--only', 'ACCESS-001', '--report-dir', folder];
      const { code, stdout, stderr } = await run(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`Failed to write the reports into ${folder}`);
    },
  );
});

describe('settings', () => {
  test('come from the flag before the environment, and from there before the file', async () => {
    await writeKey();
    await writeFile(join(folder, 'settings.yaml'), 'level: disruptive\nmax-seconds: 30\nonly: [ACCESS-001]\n');
    const args = [...settings(), '--config', join(folder, 'settings.yaml'), '--level', 'probe', '--json'];
    const inFile = `${join(folder, 'settings.yaml')} (only)`;
    const { stdout } = await run(args, { CYCLE_CONTRACT_LEVEL: 'claim', CYCLE_CONTRACT_MAX_SECONDS: '20' });
    expect(JSON.parse(stdout).settings).toMatchObject({
      level: 'probe',
      bounds: { maxSeconds: 20 },
      only: ['ACCESS-001'],
      accessKey: '$CYCLE_ACCESS_KEY',
      sources: { level: '--level', 'max-seconds': 'CYCLE_CONTRACT_MAX_SECONDS', only: inFile },
    });
  });

  test('have the official client’s names as well', async () => {
    const { url, accessKey, containers } = target.options;
    const env = { BASE_URL: url, ACCESS_TOKEN: accessKey, CONTAINER_ID: containers[0] ?? '' };
    expect(await run(['--only', 'ACTIVE-001'], env)).toMatchObject({ code: 0 });
  });
});

describe('the key in CYCLE_ACCESS_KEY, which other commands take, too,', () => {
  const { only, ...shared } = { only: ['--only', 'ACTIVE-001'], CYCLE_ACCESS_KEY: 'some-other-key' };
  const at = () => ['--url', target.options.url, '--container', target.options.containers[0] ?? '', ...only];

  test('counts where nothing else gives one', async () => {
    const { code, stdout } = await run([...at(), '--json'], { CYCLE_ACCESS_KEY: target.options.accessKey });
    expect(JSON.parse(stdout).settings.sources).toMatchObject({ 'access-key': 'CYCLE_ACCESS_KEY' });
    expect(code).toBe(0);
    expect(await run(at(), shared)).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('refuses the access key'),
    });
  });

  test('gives way to every other, also to one in the settings file', async () => {
    await writeKey();
    const file = join(folder, 'key');
    await writeFile(join(folder, 'settings.yaml'), `access-key-file: ${file}\n`);
    expect(await run([...at(), '--access-key-file', file], shared)).toMatchObject({ code: 0 });
    expect(await run([...at(), '--config', join(folder, 'settings.yaml')], shared)).toMatchObject({ code: 0 });
  });

  test('is no setting without effect where no URL is given', async () => {
    expect(await run(['--list'], shared)).toMatchObject({ code: 0 });
    expect(await run(['--list'], { CYCLE_ACCESS_KEY: 'no\nkey' })).toMatchObject({ code: 0 });
  });
});

test('without a URL the emulator is started, on a free port', async () => {
  const { code, stdout } = await run(['--runtime', 'simulated', '--level', 'probe']);
  expect(stdout).toContain('The scheduler conforms');
  expect(code).toBe(0);
});

test('--list prints the catalogue, and needs neither key nor container', async () => {
  const { stdout } = await run(['--list', '--json']);
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ id: 'CLAIM-001', evidence: 'documented' }));
  const few = await run(['--list', '--json', '--only', 'ACCESS', '--skip', 'ACCESS-020']);
  expect(JSON.parse(few.stdout)).toHaveLength(18);
  // What would be checked depends on where the target is, and on no key.
  const elsewhere = await run(['--list', '--json', '--url', 'http://scheduler.example.com', '--report-dir', folder]);
  expect(new Set(JSON.parse(elsewhere.stdout).map(({ level }: { level: string }) => level))).toEqual(
    new Set(['probe', 'claim']),
  );
});

test('record writes a profile, and compare says where two differ', async () => {
  await writeKey();
  const [one, other] = [join(folder, 'one.yaml'), join(folder, 'other.yaml')];
  expect(await run(['record', ...settings(), ...brief, '--out', one])).toMatchObject({ code: 0 });
  await writeFile(
    other,
    (await readFile(one, 'utf8'))
      .replace('403.mismatch', '404.instance')
      .replace('401.auth-invalid', '401.auth-expired'),
  );
  expect(await run(['compare', one, one])).toMatchObject({ code: 0, stdout: expect.stringContaining('No difference') });
  const { code, stdout } = await run(['compare', one, other, '--json']);
  expect(JSON.parse(stdout).differences.length).toBeGreaterThan(0);
  expect(code).toBe(1);
});

test('record prints the profile alone with -, and the rest beside it', async () => {
  await writeKey();
  const { code, stdout, stderr } = await run(['record', ...settings(), ...brief, '--out', '-']);
  expect(code).toBe(0);
  expect(parse(stdout)).toMatchObject({ format: 'cycle-scheduler-profile', target: new URL(target.options.url).href });
  expect(stderr).toContain('No question about functions over HTTP');
  expect(existsSync('-')).toBe(false);
});

describe('a run that is ended early', () => {
  const begin = () => startCli(['contract', ...settings(), ...brief], { BASE_URL: '', XDG_STATE_HOME: folder });
  const held = () =>
    target.emulator.readiness().functions.reduce((sum, { claimed, active }) => sum + claimed + active, 0);
  const somethingRuns = () => target.emulator.events.waitFor(({ name }) => name === 'instance.running');

  test('releases everything on Ctrl-C', async () => {
    await writeKey();
    using cli = begin();
    await somethingRuns();
    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ code: 130, stdout: expect.stringContaining('stopped before its end') });
    expect(held()).toBe(0);
  });

  test('leaves a journal when it is killed, by which cleanup releases everything', async () => {
    await writeKey();
    // Or it might have released what runs before the kill reaches it.
    const { faults } = target.emulator;
    const id = faults.add({ match: { operation: 'release' }, effect: { type: 'error', code: '500.unknown' } });
    using cli = begin();
    await somethingRuns();
    cli.child.kill('SIGKILL');
    await cli.ended;
    faults.remove(id);
    expect(held()).toBeGreaterThan(0);
    const key = ['--access-key-file', join(folder, 'key')];
    expect(await run(['cleanup'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no access key') });
    expect(await run(['cleanup'], { CYCLE_ACCESS_KEY: 'some-other-key' })).toMatchObject({ code: 3 });
    const wrong = await run(['cleanup', '--access-key', 'some-other-key']);
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('it refuses the access key') });
    expect(wrong.stdout).toMatch(/^0 released, [1-9]\d* left\. They stay in /m);
    expect(await run(['cleanup', ...key])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d* released, 0 left/),
    });
    expect(target.emulator.readiness().functions.map(({ active }) => active)).toEqual([0]);
    expect(await run(['cleanup', ...key])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing is left behind'),
    });
  });
});
