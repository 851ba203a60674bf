import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startCli } from '../../test/support/cli-process.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const simulated = ['--runtime', 'simulated', '--with-parent'];

/** A shell that starts the command line and is killed once that prints a word; answers all that was printed. */
const printedUnderKilledShell = async (word: string, ...args: readonly string[]): Promise<string> => {
  const script = `"$@" </dev/null & wait`;
  const parent = spawn('sh', ['-c', script, 'sh', process.execPath, main, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
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
  using cli = startCli(['start', '--port', '0', ...simulated]);
  await cli.line(/^ready /);
  cli.child.stdin?.end();
  const { code, stdout } = await cli.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/\nstopping\nstopped\n$/);
});

it('start --with-parent serves without stdin, and stops when its parent was killed', async () => {
  expect(await printedUnderKilledShell('ready ', 'start', '--port', '0', ...simulated)).toMatch(
    /\nstopping\nstopped\n$/,
  );
});

it('exec --with-parent ends its command when its parent was killed', async () => {
  const command = `trap 'echo asked; exit' TERM; echo up; sleep 1000 & wait`;
  expect(await printedUnderKilledShell('up', 'exec', ...simulated, '--', 'sh', '-c', command)).toBe('up\nasked\n');
});
