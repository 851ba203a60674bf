import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { main, startCli } from '../../../test/support/cli-process.ts';
import { accessKey, sampleStack } from '../../../test/support/sample-stack.ts';
import { startEmulator } from '../../emulator/start-emulator.ts';

const execute = promisify(execFile);

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    using cli = startCli(['completion', shell]);
    const { code, stdout } = await cli.ended;
    expect(code).toBe(0);
    for (const word of ['invoke', 'access-key', 'clear', 'zsh']) expect(stdout).toContain(word);
  });

  it.each([
    ['cycle-scheduler inv', 'invoke'],
    ['cycle-scheduler logs --f', '--follow'],
    ['cycle-scheduler completion z', 'zsh'],
  ])('completes %j in bash', async (line, completed) => {
    using cli = startCli(['completion', 'bash']);
    const { stdout } = await cli.ended;
    const words = line.split(' ');
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _cycle_scheduler; echo "\${COMPREPLY[@]}"`;
    const { stdout: answer } = await execute('bash', ['-c', `${stdout}\n${ask}`]);
    expect(answer.trim()).toBe(completed);
  });

  it('knows the functions and instances of the emulator that the environment names', async () => {
    const stack = sampleStack({ hello: { instances: 2 } });
    await using emulator = await startEmulator({ stack, runtime: 'simulated' });
    const env = { ...process.env, CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey };
    using cli = startCli(['completion', 'bash']);
    const { stdout } = await cli.ended;
    // The first request of all takes longer than others, and a user who completes waits for none long.
    using ps = startCli(['ps'], { CYCLE_SCHEDULER_URL: emulator.url, CYCLE_ACCESS_KEY: accessKey });
    await ps.ended;
    const shim = `cycle-scheduler() { '${process.execPath}' '${main}' "$@"; }`;
    const complete = async (line: string): Promise<readonly string[]> => {
      const ask = `COMP_WORDS=(${line}); COMP_CWORD=2; _cycle_scheduler; echo "\${COMPREPLY[@]}"`;
      return (await execute('bash', ['-c', `${shim}\n${stdout}\n${ask}`], { env })).stdout.trim().split(' ');
    };
    const ids = emulator
      .function('hello')
      .instances()
      .map(({ id }) => id);
    expect(await complete('cycle-scheduler invoke h')).toEqual(['hello']);
    expect(await complete(`cycle-scheduler logs ${ids[0]?.slice(0, 8)}`)).toEqual(ids.slice(0, 1));
  });
});
