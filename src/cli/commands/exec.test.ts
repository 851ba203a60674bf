import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type CliProcess, startCli } from '../../../test/support/cli-process.ts';
import { leftInEngine, nothingLeft } from '../../../test/support/left-in-engine.ts';

const hello = fileURLToPath(new URL('../../../fixtures/hello.yaml', import.meta.url));
const http = fileURLToPath(new URL('../../../fixtures/http.yaml', import.meta.url));

const simulated = (command: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess =>
  startCli(['exec', hello, '--runtime', 'simulated', '--', ...command], env);

const shell = (script: string): CliProcess => simulated(['sh', '-c', script]);

/** Runs in the emulator's process before all else; the environment of its watchdogs does not have it. */
const preloaded = (script: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` });

/** `ended` comes when all that hold its output have ended: the command, and what that has left. */
const resultOf = async (cli: CliProcess) => {
  using _killed = cli;
  return await cli.ended;
};

describe('exec', () => {
  it('gives its command the URL, the access key and the functions of its own emulator, and those of no other', async () => {
    const script = `
      const own = Object.entries(process.env).filter(([name]) => /^CYCLE_(?!TEST|KILLS)/.test(name));
      const { CYCLE_SCHEDULER_URL: url, CYCLE_ACCESS_KEY: key, CYCLE_FUNCTION_HELLO: id } = process.env;
      const { status } = await fetch(url + '/v1/functions/' + id + '/active', { headers: { 'X-CYCLE-ACCESS-KEY': key } });
      console.log(JSON.stringify({ ...Object.fromEntries(own), status }));`;
    const ofAnother = { CYCLE_FUNCTION_OLD: 'x', CYCLE_GATEWAY_URL: 'x', CYCLE_SCHEDULER_CONTROL_URL: 'x' };
    const command = [process.execPath, '--input-type=module', '--eval', script];
    const { code, stdout, stderr } = await resultOf(simulated(command, ofAnother));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      CYCLE_SCHEDULER_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      CYCLE_ACCESS_KEY: 'local-secret',
      CYCLE_FUNCTION_HELLO: '65a000000000000000000101',
      status: 200,
    });
  });

  it.each([
    [['sh', '-c', 'exit 7'], 7, /^$/],
    [['sh', '-c', 'kill -9 $$'], 137, /^$/],
    [['no-such-program', 'x'], 127, /^cycle-scheduler: Failed to run "no-such-program": .*\n$/],
    [['/etc'], 126, /^cycle-scheduler: Failed to run "\/etc": .*EACCES.*\n$/],
  ])('of %j ends with %i', async (command, code, stderr) => {
    expect(await resultOf(simulated(command))).toEqual({ code, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  it.each([
    [[hello], /no command/],
    [[hello, '--'], /no command/],
    [[hello, 'pytest', '-q'], /unknown option '-q'/],
    [[hello, 'pytest'], /too many arguments/],
  ])('%j is bad usage, and says where the command is to stand', async (args, message) => {
    const { code, stdout, stderr } = await resultOf(startCli(['exec', ...args]));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain('cycle-scheduler exec stack.yaml -- pytest');
  });

  it('does not ask for the command that is there where an option is unknown', async () => {
    const { code, stderr } = await resultOf(startCli(['exec', hello, '--watch', '--', 'echo', 'ran']));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/unknown option '--watch'/) });
    expect(stderr).not.toContain('Write the command after --');
  });

  it('names the stack that it takes where it is given none', async () => {
    const result = await resultOf(startCli(['exec', '--runtime', 'simulated', '--', 'echo', 'ran']));
    expect(result).toEqual({
      code: 0,
      stdout: 'ran\n',
      stderr: expect.stringContaining(`hello example, ${hello}. To`),
    });
  });

  it('runs no command beside a stack that is broken, and ends with 125', async () => {
    const { code, stdout, stderr } = await resultOf(startCli(['exec', '/no/such.yaml', '--', 'echo', 'ran']));
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
    expect(stderr).toMatch(/^cycle-scheduler: Failed to read the stack \/no\/such\.yaml.*\n$/);
  });

  it('runs no command when a signal comes before it is ready', async () => {
    const early = `process.on('newListener', (event) => event === 'SIGTERM' && setImmediate(() => process.kill(process.pid, event)))`;
    const result = await resultOf(simulated(['echo', 'ran'], preloaded(early)));
    expect(result).toEqual({ code: 143, stdout: '', stderr: '' });
  });

  it('leaves stdin to its command', async () => {
    using cli = simulated(['cat']);
    cli.child.stdin?.end('from outside');
    expect(await cli.ended).toMatchObject({ code: 0, stdout: 'from outside' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on to all of its command', async (signal) => {
    const name = signal.slice(3);
    using cli = shell(
      `trap 'echo outer' ${name}; sh -c "trap 'echo inner; exit' ${name}; echo up; sleep 1000 & wait"; exit 9`,
    );
    await cli.line(/^up$/);
    cli.child.kill(signal);
    expect(await cli.ended).toEqual({ code: 9, stdout: 'up\ninner\nouter\n', stderr: '' });
  });

  it.each([
    ['has ended', 'exit 3', 3],
    ['was killed', 'kill -9 $$', 137],
  ])('ends the processes of a command that %s, also those that ignore signals', async (_how, end, code) => {
    const heedful = "(trap 'echo asked; exit' TERM; echo up; sleep 1000 & wait) &";
    using cli = shell(`${heedful} (trap '' TERM; echo deaf; sleep 1000) & read line; ${end}`);
    await Promise.all([cli.line(/^up$/), cli.line(/^deaf$/)]);
    cli.child.stdin?.end('\n');
    const result = await cli.ended;
    expect(result).toEqual({ code, stdout: expect.stringMatching(/asked\n$/), stderr: '' });
  });

  it('ends its command, and says why, when its emulator fails', async () => {
    const failing = `process.on('SIGUSR2', () => { throw new Error('the reason') })`;
    using cli = simulated(
      ['sh', '-c', `trap 'echo asked; exit 3' TERM; echo up; sleep 1000 & wait`],
      preloaded(failing),
    );
    await cli.line(/^up$/);
    cli.child.kill('SIGUSR2');
    expect(await cli.ended).toEqual({
      code: 125,
      stdout: 'up\nasked\n',
      stderr: 'cycle-scheduler: Failed unexpectedly: the reason.\n',
    });
  });

  it.each([
    ['is killed', (cli: CliProcess) => cli.child.kill('SIGKILL'), null],
    ['loses its command to a kill', (_cli: CliProcess, command: number) => process.kill(command, 'SIGKILL'), 137],
  ])('leaves no container and no process of its command when it %s', async (_how, kill, code) => {
    const script = 'echo $CYCLE_GATEWAY_URL; sleep 1000 & echo $$; wait';
    using cli = startCli(['exec', http, '--pull', 'missing', '--', 'sh', '-c', script]);
    const command = Number(await cli.line(/^\d+$/));
    expect(await cli.line(/^http/)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await leftInEngine(cli.child.pid ?? 0)).not.toEqual([]);
    kill(cli, command);
    expect((await cli.ended).code).toBe(code);
    await nothingLeft([cli.child.pid ?? 0]);
  });
});
