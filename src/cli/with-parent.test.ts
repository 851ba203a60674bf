import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const start = ['start', '--port', '0', '--runtime', 'simulated', '--with-parent'];
const exec = ['exec', '--runtime', 'simulated', '--'];
const command = ['sh', '-c', `trap 'echo asked; exit' TERM; echo up; sleep 1000 & wait`];

const shell = `"$@" </dev/null & wait`;
/** As npm and npx start programs. */
const shellInShell = `sh -c '"$@" </dev/null & wait' sh "$@" & wait`;

/** A shell starts the command line, and is killed once that prints a word; answers all that was printed. */
const printedUnderKilled = async (script: string, word: string, args: readonly string[]): Promise<string> => {
  const parent = spawn('sh', ['-c', script, 'sh', process.execPath, main, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, npm_command: 'exec' },
  });
  let output = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes(word)) parent.kill('SIGKILL');
  });
  // Comes when all that hold it have ended, and not only the shell.
  await once(parent.stdout, 'close');
  return output;
};

it('start --with-parent stops when the pipe that is its stdin ends', async () => {
  using cli = startCli(start);
  await cli.line(/^ready /);
  cli.child.stdin?.end();
  const { code, stdout } = await cli.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nstopping\nstopped\n$/);
});

it('start --with-parent serves without stdin, and stops when its parent was killed', async () => {
  expect(await printedUnderKilled(shell, 'ready ', start)).toMatch(/\nstopping\nstopped\n$/);
});

it.each([
  ['its parent', shell],
  ['npx above the shell of npx', shellInShell],
])('exec ends its command when %s was killed', async (_which, script) => {
  expect(await printedUnderKilled(script, 'up', [...exec, ...command])).toBe('up\nasked\n');
});
