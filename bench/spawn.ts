import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { parseStack } from '../src/stack/load-stack.ts';
import { type BareDocker, openBareDocker, removeBare } from './bare-docker.ts';
import { type Client, openClient } from './client.ts';
import { type EmulatorProcess, startEmulatorProcess, untilFull } from './emulator-process.ts';
import { makeFunctionImage, monotonicMs, parseFirstInstruction } from './function-image.ts';
import { interleave } from './interleave.ts';
import type { Effort, Row } from './row.ts';
import type { Sampled } from './samples.ts';
import { functionOf, stackOf } from './stacks.ts';

const names = {
  bare: 'bare `docker start`',
  bareMade: 'bare create and start',
  cold: 'cold',
  coldVariables: 'cold, with variables',
  hot: 'hot, with variables',
} as const;

const variables = { INPUT: 'of this run' };

/** What starts a function that has been prepared; answers when its first instruction ran, in ms after it was asked for. */
type Start = () => Promise<number>;

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

const prepareBare = async ({ create }: BareDocker, place: number): Promise<Start> => {
  const container = await create('cold', place);
  return () => startBare(Promise.resolve(container));
};

const startBare = async (making: Promise<Docker.Container>): Promise<number> => {
  const before = monotonicMs();
  const container = await making;
  await container.start();
  await container.wait();
  const output = () => container.logs({ stdout: true });
  let printed = await output();
  // The engine sends the event of an end before it has written down what was printed.
  for (; printed.length === 0; printed = await output()) await pause(5);
  await removeBare(container);
  return parseFirstInstruction(printed.toString()) - before;
};

/** Claims an instance; what it answers spawns it. */
const prepareSpawn = async (
  { url, functions, remote }: EmulatorProcess,
  client: Client,
  name: 'cold' | 'hot',
  variables: Readonly<Record<string, string>>,
): Promise<Start> => {
  const token = `bench-${Math.random()}`;
  const path = `${url}/v1/functions/${functions[name]}`;
  const { instance_id } = (await client.post(`${path}/claim`, { token })) as { instance_id: string };
  return async () => {
    const body = { token, instance_id, runtime_variables: { environment_variables: variables } };
    const before = monotonicMs();
    await client.post(`${path}/spawn`, body);
    let printed = '';
    for await (const chunk of (await remote.logs(instance_id, { follow: true })).output) printed += chunk;
    return parseFirstInstruction(printed) - before;
  };
};

const measureSpawns = async (width: number, rounds: number, { short, signal }: Effort): Promise<readonly Sampled[]> => {
  await using image = await makeFunctionImage();
  const stack = stackOf(
    { cold: functionOf(image.name, { instances: width }), hot: functionOf(image.name, { instances: width }) },
    { hot: { hot: width } },
  );
  await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
  await using emulator = await startEmulatorProcess(stack, [], signal);
  using client = openClient();
  const spawning = (name: 'cold' | 'hot', of: Record<string, string>) => async () => {
    const samples = await startsOf(width, () => prepareSpawn(emulator, client, name, of));
    await untilFull(emulator);
    return samples;
  };
  const samples = await interleave(
    {
      bare: () => startsOf(width, (place) => prepareBare(bare, place)),
      bareMade: () =>
        startsOf(width, (place) => Promise.resolve(() => startBare(bare.create('cold', place, variables)))),
      cold: spawning('cold', {}),
      coldVariables: spawning('cold', variables),
      hot: spawning('hot', variables),
    },
    { rounds, warmUp: short ? 0 : 1, signal },
  );
  return [
    { name: names.bare, samples: withOutput(samples.bare) },
    { name: names.cold, samples: withOutput(samples.cold), beside: names.bare },
    { name: names.hot, samples: withOutput(samples.hot), beside: names.bare },
    { name: names.bareMade, samples: withOutput(samples.bareMade) },
    { name: names.coldVariables, samples: withOutput(samples.coldVariables), beside: names.bareMade },
  ];
};

const ratioUpTo = (name: string, most: number) => ({
  says: `${name} ≤ ${most} × the peer beside it`,
  isMet: (line: (name: string) => { readonly ratio: number | null }) => (line(name).ratio ?? Number.NaN) <= most,
});

export const spawnRow: Row = {
  key: 'a',
  title: 'From a spawn, over HTTP, to the function’s own first instruction',
  unit: 'ms',
  limits:
    'A cold spawn is a `docker start`, which is namespaces, a network interface and the container runtime’s two processes; ' +
    'what the emulator adds is one request. With variables the container has to be made first, since variables are fixed ' +
    'when a container is made. A hot spawn is the request, a write to the launcher’s stdin through the engine and an exec.',
  targets: [
    { says: 'hot ≤ 3 ms in the middle', isMet: (line) => line(names.hot).p50 <= 3 },
    ratioUpTo(names.cold, 1.15),
  ],
  measure: (effort) => measureSpawns(1, effort.short ? 2 : 30, effort),
};

export const spawnsAtOnceRow: Row = {
  key: 'h',
  title: '24 spawns at once, each to its function’s first instruction',
  unit: 'ms',
  limits:
    'Starts share the machine’s cores, and the kernel gives interfaces to networks one at a time. Hot ones are 24 requests ' +
    'in one process and 24 execs on the same cores.',
  targets: [{ says: 'hot ≤ 20 ms each', isMet: (line) => line(names.hot).p99 <= 20 }],
  measure: (effort) => measureSpawns(effort.short ? 4 : 24, effort.short ? 1 : 3, effort),
};
