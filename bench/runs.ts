import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker, removeBare } from './bare-docker.ts';
import { claim, openClient, spawn } from './client.ts';
import { startEmulatorProcess, untilFull, untilWarm } from './emulator-process.ts';
import { interleave, msOf, type Turn } from './interleave.ts';
import { goalOn, type Row, times } from './row.ts';
import { toSampled } from './samples.ts';
import { functionOf, type Kind, kindNames, kinds, stackOf } from './stacks.ts';
import { loadTestcontainers } from './testcontainers.ts';

const image = 'busybox:1.37';
const program = '/bin/true';
const variables = { INPUT: 'of this run' };

const widths = [1, 4] as const;
type Width = (typeof widths)[number];

const peers = {
  cli: '`docker run --rm`',
  bare: 'bare create, start, wait and remove',
  testcontainers: 'testcontainers’ `start()` and `stop()`',
} as const;

const at = (name: string, width: Width): string => `${name}, ${width === 1 ? 'one after another' : `${width} at once`}`;

/** Begins at this place a run that ends by itself, and resolves when that place may have the next one. */
type Run = (place: number) => Promise<unknown>;

/** Runs a second. @param settled resolves when all of them have ended and are gone */
const rateOf = async (width: Width, count: number, run: Run, settled?: () => Promise<void>): Promise<number> => {
  let left = count;
  const work = async (place: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run(place);
    }
  };
  const ms = await msOf(async () => {
    await Promise.all(Array.from({ length: width }, (_, place) => work(place)));
    await settled?.();
  });
  return count / (ms / 1_000);
};

const functionName = (kind: Kind, width: Width): string => `${kind}-${width}`;

/** For each width a function of each kind with as many instances: none gets ready while another one runs. */
const toStack = (): object => {
  const all = widths.flatMap((width) => kindNames.map((kind) => ({ width, kind, name: functionName(kind, width) })));
  const command = { path: program };
  return stackOf(
    Object.fromEntries(all.map(({ name, width }) => [name, functionOf(image, { instances: width, command })])),
    Object.fromEntries(all.map(({ name, width, kind }) => [name, kinds[kind](width)])),
  );
};

const runWithCli = async (): Promise<void> => {
  const environment = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  await promisify(execFile)('docker', ['run', '--rm', ...environment, image, program]);
};

export const runsRow: Row = {
  key: 'l',
  title: 'Whole runs a second, each with a variable, of a function that ends at once',
  unit: 'runs/s',
  limits:
    'A run of the emulator is a claim, a spawn, the end and all until the instance can be claimed again: the pool has no ' +
    'more instances than there are runs at once. Cold ones make and unmake their instance’s network in each run, as the ' +
    'bare client does with the same options; the command line and testcontainers use the engine’s own network, without ' +
    'IPv6 and without names. A hot one starts the next run’s container before that is asked for, and that is part of a ' +
    'run, too. Here p50 is the median of the rounds.',
  targets: (docker) =>
    kindNames
      .filter((kind) => kind !== 'cold')
      .map((kind) => times(at(kind, 4), '≥', goalOn(docker, 2.2, 1.5), at(peers.cli, 4))),
  measure: async ({ short, signal }) => {
    const stack = toStack();
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    await using emulator = await startEmulatorProcess(stack, [], signal);
    using client = openClient();
    const testcontainer = short ? null : await loadTestcontainers(bare.labels);
    await untilWarm(emulator, bare.docker);
    const runBare = (width: Width) => async (place: number) => {
      const container = await bare.create(functionName('cold', width), place, variables);
      await container.start();
      await container.wait();
      await removeBare(container);
    };
    const turns: Record<string, Turn> = {};
    for (const width of widths) {
      const turn = (name: string, run: Run, settled?: () => Promise<void>): void => {
        turns[at(name, width)] = () => rateOf(width, (short ? 1 : 2) * Math.max(2, width), run, settled);
      };
      turn(peers.cli, runWithCli);
      turn(peers.bare, runBare(width));
      if (testcontainer !== null) {
        turn(peers.testcontainers, async () => await (await testcontainer(image, variables, [program])).stop());
      }
      for (const kind of kindNames) {
        turn(
          kind,
          // The claim waits in line until an instance is back from the run before.
          async () => spawn(client, await claim(client, emulator, functionName(kind, width)), variables),
          () => untilFull(emulator),
        );
      }
    }
    const samples = await interleave(turns, { rounds: short ? 1 : 5, warmUp: short ? 0 : 1, signal });
    return widths.flatMap((width) =>
      [...Object.values(peers), ...kindNames].map((name) =>
        toSampled(samples, at(name, width), name === peers.cli ? undefined : at(peers.cli, width)),
      ),
    );
  },
};
