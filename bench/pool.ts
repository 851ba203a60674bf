import pLimit from 'p-limit';
import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker, removeBare } from './bare-docker.ts';
import { startEmulatorProcess } from './emulator-process.ts';
import { interleave, msOf } from './interleave.ts';
import { type Row, times } from './row.ts';
import { functionOf, stackOf } from './stacks.ts';

/** How many containers the emulator makes at a time, see src/engine/container-manager.ts. */
const concurrency = 4;

const names = { bare: 'bare creates, 4 at a time', pool: 'an emulator, from its start until it is ready' } as const;

export const poolRow: Row = {
  key: 'c',
  title: '1,000 instances made in advance',
  unit: 's',
  limits:
    'The engine makes containers more or less one after another: it writes each one’s files and syncs them. ' +
    'What the emulator adds is its own start and a network.',
  targets: () => [times(names.pool, '≤', 1.2, names.bare)],
  measure: async ({ short, signal }) => {
    const size = short ? 100 : 1_000;
    const command = { path: '/bin/sleep', args: '1000' };
    const stack = stackOf({ pool: functionOf('busybox:1.37', { instances: size, command }) });
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    const limit = pLimit(concurrency);
    const forAll = async <Of, To>(all: readonly Of[], work: (one: Of) => Promise<To>): Promise<readonly To[]> =>
      await Promise.all(
        all.map((one) =>
          limit(() => {
            signal.throwIfAborted();
            return work(one);
          }),
        ),
      );
    const places = Array.from({ length: size }, (_, place) => place);
    const samples = await interleave(
      {
        bare: async () => {
          const made: Awaited<ReturnType<typeof bare.create>>[] = [];
          const ms = await msOf(() => forAll(places, async (place) => made.push(await bare.create('pool', place))));
          await forAll(made, removeBare);
          return ms / 1_000;
        },
        pool: async () => {
          await using emulator = await startEmulatorProcess(stack, [], signal);
          return emulator.readyMs / 1_000;
        },
      },
      { rounds: short ? 1 : 5, signal },
    );
    return [
      { name: names.bare, samples: samples.bare },
      { name: names.pool, samples: samples.pool, beside: names.bare },
    ];
  },
};
