import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker } from './bare-docker.ts';
import { openClient } from './client.ts';
import { startEmulatorProcess, untilFull, untilWarm } from './emulator-process.ts';
import { makeFunctionImage } from './function-image.ts';
import { interleave, type Turn } from './interleave.ts';
import { type Effort, goalOn, type Row, times } from './row.ts';
import { type Sampled, toSampled } from './samples.ts';
import {
  prepareBare,
  prepareSpawn,
  type Start,
  startBare,
  startProgramServer,
  startTestcontainer,
} from './spawn-contenders.ts';
import { functionOf, type Kind, kindNames, stackOfKinds } from './stacks.ts';
import { loadTestcontainers } from './testcontainers.ts';

const peers = {
  bare: 'bare `docker start`',
  bareMade: 'bare create and start',
  testcontainers: 'testcontainers’ `start()`',
  child: 'bare Express that starts the program as its child',
} as const;

const variables = { INPUT: 'of this run' };
const withVariables = (kind: Kind): string => `${kind}, with variables`;

const startsOf = async (width: number, prepare: (place: number) => Promise<Start>): Promise<readonly number[]> => {
  const starts = await Promise.all(Array.from({ length: width }, (_, place) => prepare(place)));
  return await Promise.all(starts.map((start) => start()));
};

/** A busy engine may hand on a run's output later than the emulator waits for it. Of such runs there may be one, or few. */
const mostWithoutOutput = 0.05;

const withOutput = (samples: readonly number[]): readonly number[] => {
  const timed = samples.filter((sample) => !Number.isNaN(sample));
  if (samples.length - timed.length <= Math.max(1, samples.length * mostWithoutOutput)) return timed;
  throw new Error(
    `of ${samples.length} runs only ${timed.length} had output in time: the machine is too busy to measure`,
  );
};

type Extent = { readonly width: number; readonly rounds: number };

const measureSpawns = async ({ width, rounds }: Extent, { short, signal }: Effort): Promise<readonly Sampled[]> => {
  await using image = await makeFunctionImage();
  const stack = stackOfKinds(functionOf(image.name, { instances: width }), width);
  await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
  await using emulator = await startEmulatorProcess(stack, [], signal);
  await untilWarm(emulator, bare.docker);
  using client = openClient();
  const contenders: Record<string, Turn> = {
    [peers.bare]: () => startsOf(width, (place) => prepareBare(bare, place)),
    [peers.bareMade]: () => startsOf(width, async (place) => () => startBare(bare.create('cold', place, variables))),
  };
  for (const kind of kindNames) {
    const spawning = (of: Readonly<Record<string, string>>) => async () => {
      const samples = await startsOf(width, () => prepareSpawn(emulator, client, kind, of));
      await untilFull(emulator);
      return samples;
    };
    if (kind !== 'hot') contenders[kind] = spawning({});
    contenders[withVariables(kind)] = spawning(variables);
  }
  await using server = width === 1 ? await startProgramServer(image.architecture) : null;
  if (server !== null) contenders[peers.child] = () => server.spawn(client, variables);
  const testcontainer = width === 1 && !short ? await loadTestcontainers(bare.labels) : null;
  if (testcontainer !== null) {
    contenders[peers.testcontainers] = () => startTestcontainer(testcontainer, image.name, variables);
  }
  const samples = await interleave(contenders, { rounds, warmUp: short ? 0 : 1, signal });
  const timed = Object.fromEntries(Object.entries(samples).map(([name, of]) => [name, withOutput(of)]));
  const line = (name: string, beside?: string): Sampled => toSampled(timed, name, beside);
  return [
    line(peers.bare),
    ...kindNames.map((kind) => line(kind === 'hot' ? withVariables(kind) : kind, peers.bare)),
    line(peers.bareMade),
    ...kindNames.filter((kind) => kind !== 'hot').map((kind) => line(withVariables(kind), peers.bareMade)),
    ...(width === 1 ? [line(peers.child, peers.bareMade), line(peers.testcontainers, peers.bareMade)] : []),
  ];
};

export const spawnRow: Row = {
  key: 'a',
  title: 'From a spawn, over HTTP, to the function’s own first instruction',
  unit: 'ms',
  limits:
    'A cold spawn is a `docker start`, which is namespaces, a network interface and the container runtime’s two processes; ' +
    'what the emulator adds is one request. A warm one joins a network that is there. With variables the container has to be made first, since variables are fixed ' +
    'when a container is made. A hot spawn is the request, a write to the launcher’s stdin through the engine and an exec. ' +
    'The least that it could be is a bare server that starts the same program as its child, without a container. ' +
    'testcontainers makes and starts a container on the engine’s own network, without its helper that cleans up.',
  targets: (docker) => [
    times('warm', '≤', goalOn(docker, 0.4, 0.8), peers.bare),
    times(withVariables('warm'), '≤', goalOn(docker, 0.4, 0.8), peers.bareMade),
    times(withVariables('warm'), '≤', goalOn(docker, 0.6, 0.85), peers.testcontainers),
    { says: 'hot ≤ 3 ms in the middle', isMet: (line) => line(withVariables('hot')).p50 <= 3 },
    times(withVariables('hot'), '≤', 3, peers.child),
    times('cold', '≤', 1.15, peers.bare),
  ],
  measure: (effort) => measureSpawns({ width: 1, rounds: effort.short ? 2 : 30 }, effort),
};

export const spawnsAtOnceRow: Row = {
  key: 'h',
  title: '24 spawns at once, each to its function’s first instruction',
  unit: 'ms',
  limits:
    'Starts share the machine’s cores, and the kernel gives interfaces to networks one at a time. Hot ones are 24 requests ' +
    'in one process and 24 execs on the same cores.',
  targets: () => [{ says: 'hot ≤ 20 ms each', isMet: (line) => line(withVariables('hot')).p99 <= 20 }],
  measure: (effort) => measureSpawns(effort.short ? { width: 4, rounds: 1 } : { width: 24, rounds: 3 }, effort),
};
