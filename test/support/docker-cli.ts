import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the docker CLI prints, without the last line break: tests look at containers as a user would. */
export const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args], { maxBuffer: 16 * 2 ** 20 })).stdout.replace(/\n$/, '');

/**
 * IDs of the containers of this process's emulators with this value of one of our labels, running ones only unless
 * `all`. Instances of equal stacks have equal IDs, and another test may run one on the same engine.
 */
export const containersWith = async (
  label: 'session' | 'instance',
  value: string,
  { all = false } = {},
): Promise<readonly string[]> => {
  const filters = [`label=io.cycle.emulator.${label}=${value}`, `label=io.cycle.emulator.pid=${process.pid}`];
  const options = ['-q', '--no-trunc', ...(all ? ['-a'] : [])];
  const listed = await docker('ps', ...options, ...filters.flatMap((filter) => ['--filter', filter]));
  return listed.split('\n').filter((id) => id !== '');
};
