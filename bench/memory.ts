import { readFileSync } from 'node:fs';
import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker } from './bare-docker.ts';
import { startEmulatorProcess, untilFull } from './emulator-process.ts';
import type { Effort, Row } from './row.ts';
import { functionOf, stackOf } from './stacks.ts';

const names = {
  bare: 'bare container that sleeps: its process and its shim',
  hot: 'hot: launcher, shim and the emulator’s share',
  cold: 'cold: the emulator’s share',
} as const;

export const memoryRow: Row = {
  key: 'g',
  title: 'Memory of an instance that waits',
  unit: 'MB',
  limits:
    'A hot instance is a container that runs: nearly all of its memory is the shim that the engine starts beside each one. ' +
    'A cold one has no process. The emulator’s share is the growth of its resident memory between pools of 10 and 10,000 ' +
    'simulated instances. Memory of processes is their proportional share (Pss); what the engine itself keeps is not counted.',
  targets: [],
  measure: async (effort) => {
    const share = await emulatorShareMb(effort);
    const command = { path: '/bin/sleep', args: '100000' };
    const instances = effort.short ? 3 : 30;
    const stack = stackOf({ pool: functionOf('busybox:1.37', { instances, command }) });
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    await using emulator = await startEmulatorProcess(stack, ['--hot', String(instances)], effort.signal);
    await untilFull(emulator);
    const bareMb: number[] = [];
    const hotMb: number[] = [];
    const { session } = await emulator.remote.state();
    const label = [`io.cycle.emulator.session=${session}`];
    for (const { Id } of await bare.docker.listContainers({ filters: { label } })) {
      hotMb.push((await memoryMb(bare.docker.getContainer(Id))) + share);
    }
    for (let place = 0; place < instances; place += 1) {
      effort.signal.throwIfAborted();
      const container = await bare.create('pool', place);
      await container.start();
      bareMb.push(await memoryMb(container));
    }
    return [
      { name: names.bare, samples: bareMb },
      { name: names.hot, samples: hotMb, beside: names.bare },
      { name: names.cold, samples: [share], beside: names.bare },
    ];
  },
};

const emulatorShareMb = async ({ signal }: Effort): Promise<number> => {
  const few = 10;
  const many = 10_000;
  const rssOf = async (instances: number): Promise<number> => {
    const stack = stackOf({ pool: functionOf('busybox:1.37', { instances }) });
    await using emulator = await startEmulatorProcess(stack, ['--runtime', 'simulated'], signal);
    return kilobytesOf(emulator.pid, 'status', 'VmRSS');
  };
  return ((await rssOf(many)) - (await rssOf(few))) / (many - few) / 1_000;
};

/** A running container's process and the one that holds it for the engine. */
const memoryMb = async (container: { inspect(): Promise<{ State: { Pid: number } }> }): Promise<number> => {
  const { Pid } = (await container.inspect()).State;
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8'))?.[1]);
  return (kilobytesOf(Pid, 'smaps_rollup', 'Pss') + kilobytesOf(parent, 'smaps_rollup', 'Pss')) / 1_000;
};

const kilobytesOf = (pid: number, file: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1]);
