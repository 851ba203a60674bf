import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { canBeWarm } from './runtime/docker-session.ts';

const run = promisify(execFile);

/** What the docker CLI prints, without the last line break: tests look at containers as a user would. */
export const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args], { maxBuffer: 16 * 2 ** 20 })).stdout.replace(/\n$/, '');

/**
 * IDs of the containers of this process's emulators with this value of one of our labels, running ones only unless
 * `all`. Instances of equal stacks have equal IDs, and another test may run one on the same engine.
 */
export const containersWith = async (
  label: 'session' | 'instance' | 'sandbox',
  value: string,
  { all = false } = {},
): Promise<readonly string[]> => {
  const filters = [`label=io.cycle.emulator.${label}=${value}`, `label=io.cycle.emulator.pid=${process.pid}`];
  const options = ['-q', '--no-trunc', ...(all ? ['-a'] : [])];
  const listed = await docker('ps', ...options, ...filters.flatMap((filter) => ['--filter', filter]));
  return listed.split('\n').filter((id) => id !== '');
};

/**
 * Waits until all instances of an emulator have joined their sandboxes, as they do some time after they are available.
 * Answers at once where the engine has no warm instances.
 */
export const untilWarm = async ({ session }: { readonly session: string }): Promise<void> => {
  if (!(await canBeWarm())) return;
  const label = (name: string): string => `{{index .Config.Labels "io.cycle.emulator.${name}"}}`;
  const format = `${label('sandbox')}|${label('instance')}|{{.HostConfig.NetworkMode}}`;
  const joined = async (): Promise<boolean> => {
    const containers = await containersWith('session', session, { all: true });
    const listed = (await docker('inspect', '-f', format, ...containers).catch(() => '')).split('\n');
    const found = listed.map((line) => line.split('|'));
    // What waits cold has a container of its own, and one that waits warm none but its sandbox.
    const alone = found.filter(([, instance, mode = '']) => instance && !mode.startsWith('container:'));
    return found.some(([sandbox]) => sandbox) && alone.length === 0;
  };
  await expect.poll(joined, { interval: 100 }).toBe(true);
};
