import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { docker } from './docker-cli.ts';

/** Names of all that emulators of a process have in the engine, stopped containers and networks included. */
export const leftInEngine = async (pid: number): Promise<readonly string[]> => {
  const filter = ['--filter', `label=io.cycle.emulator.pid=${pid}`];
  const [containers, networks] = await Promise.all([
    docker('ps', '-a', ...filter, '--format', '{{.Names}}'),
    docker('network', 'ls', ...filter, '--format', '{{.Name}}'),
  ]);
  return [...containers.split('\n'), ...networks.split('\n')].filter((name) => name !== '');
};

/** Resolves once nothing is left, by the engine's word and not by asking again and again; to the milliseconds that took. */
export const nothingLeft = async (pid: number): Promise<number> => {
  const startedAt = performance.now();
  const since = String(Math.floor(Date.now() / 1_000) - 1);
  const events = spawn('docker', ['events', '--since', since, '--filter', 'event=destroy', '--format', '{{.ID}}']);
  try {
    if ((await leftInEngine(pid)).length === 0) return performance.now() - startedAt;
    for await (const _destroyed of createInterface(events.stdout)) {
      if ((await leftInEngine(pid)).length === 0) return performance.now() - startedAt;
    }
    throw new Error('the engine tells of no more events');
  } finally {
    events.kill();
  }
};
