import { readdirSync, readFileSync } from 'node:fs';
import { labels } from '../src/runtime/docker/engine/labels.ts';
import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker } from './bare-docker.ts';
import { startEmulatorProcess, untilWarm } from './emulator-process.ts';
import type { Effort, Row } from './row.ts';
import { functionOf, type Kind, stackOf, stackOfKinds } from './stacks.ts';

const names = {
  bare: 'bare container that sleeps: its process and its shim',
  warm: 'warm: sandbox, shim and the emulator’s share',
  hot: 'hot: launcher, sandbox, their shims and the emulator’s share',
  cold: 'cold: the emulator’s share',
} as const;

export const memoryRow: Row = {
  key: 'g',
  title: 'Memory of an instance that waits',
  unit: 'MB',
  limits:
    'A warm instance is a sandbox, a container that runs, and a hot one is two of them: nearly all of their memory is the ' +
    'shim that the engine starts beside each. ' +
    'A cold one has no process. The emulator’s share is the growth of its resident memory between pools of 10 and 10,000 ' +
    'simulated instances. Memory of processes is their proportional share (Pss); what the engine itself keeps is not counted.',
  targets: () => [],
  measure: async (effort) => {
    const share = await emulatorShareMb(effort);
    const command = { path: '/bin/sleep', args: '100000' };
    const instances = effort.short ? 3 : 30;
    const stack = stackOfKinds(functionOf('busybox:1.37', { instances, command }), instances);
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    await using emulator = await startEmulatorProcess(stack, [], effort.signal);
    await untilWarm(emulator, bare.docker);
    const { session, functions } = await emulator.remote.state();
    const running = await bare.docker.listContainers({ filters: { label: [`${labels.session}=${session}`] } });
    const byInstance = Map.groupBy(running, ({ Labels }) => Labels[labels.sandbox] ?? Labels[labels.instance]);
    const memoryOf = (kind: Kind): readonly number[] =>
      (functions.find(({ name }) => name === kind)?.instances ?? []).map(
        ({ id }) => memoryMb((byInstance.get(id) ?? []).map(({ Id }) => Id)) + share,
      );
    const bareMb: number[] = [];
    for (let place = 0; place < instances; place += 1) {
      effort.signal.throwIfAborted();
      const container = await bare.create('cold', place);
      await container.start();
      bareMb.push(memoryMb([container.id]));
    }
    return [
      { name: names.bare, samples: bareMb },
      { name: names.warm, samples: memoryOf('warm'), beside: names.bare },
      { name: names.hot, samples: memoryOf('hot'), beside: names.bare },
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

/**
 * Running containers' processes and the ones that hold them for the engine. Processes are found by their control group: an
 * engine in a namespace of its own has other numbers for them.
 */
const memoryMb = (dockerIds: readonly string[]): number => {
  const pids = new Set<number>();
  for (const entry of readdirSync('/proc')) {
    if (!dockerIds.some((dockerId) => readOrNothing(entry, 'cgroup').includes(dockerId))) continue;
    pids.add(Number(entry)).add(Number(/^PPid:\s+(\d+)/m.exec(readOrNothing(entry, 'status'))?.[1]));
  }
  return [...pids].reduce((sum, pid) => sum + kilobytesOf(pid, 'smaps_rollup', 'Pss'), 0) / 1_000;
};

/** Nothing where that is no process, or none any more. */
const readOrNothing = (entry: string, file: string): string => {
  try {
    return readFileSync(`/proc/${entry}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

const kilobytesOf = (pid: number, file: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1]);
