import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the docker CLI prints, without the last line break: tests look at containers as a user would. */
export const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args], { maxBuffer: 16 * 2 ** 20 })).stdout.replace(/\n$/, '');

/** IDs of the containers with this value of one of our labels, running ones only unless `all`. */
export const containersWith = async (
  label: 'session' | 'instance',
  value: string,
  { all = false } = {},
): Promise<readonly string[]> => {
  const filter = `label=io.cycle.emulator.${label}=${value}`;
  const listed = await docker('ps', '-q', '--no-trunc', ...(all ? ['-a'] : []), '--filter', filter);
  return listed.split('\n').filter((id) => id !== '');
};
