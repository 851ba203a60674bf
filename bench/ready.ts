import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseStack } from '../src/stack/load-stack.ts';
import { openBareDocker, removeBare } from './bare-docker.ts';
import { openClient } from './client.ts';
import { startEmulatorProcess } from './emulator-process.ts';
import { interleave, msOf } from './interleave.ts';
import type { Row } from './row.ts';
import { functionOf, stackOf } from './stacks.ts';

const instances = 10;

const names = {
  node: 'Node itself, doing nothing',
  simulated: 'simulated: ready',
  simulatedClaim: 'simulated: first claim answered',
  bare: 'bare creates of 10 containers at once',
  docker: 'on Docker, 10 cold instances: ready',
} as const;

export const readyRow: Row = {
  key: 'f',
  title: 'From the beginning of the process until the emulator is ready',
  unit: 'ms',
  limits:
    'On the simulated runtime, loading modules: Express, the YAML parser, the logger, and the compiled code of all of them, ' +
    'which is read from a cache after the first start. What validates requests is made when the first one comes. On Docker, ' +
    'the engine: what a dead emulator left is looked for, a network and ten containers are made.',
  targets: () => [{ says: 'simulated: ready in < 300 ms', isMet: (line) => line(names.simulated).p50 < 300 }],
  measure: async ({ short, signal }) => {
    const command = { path: '/bin/sleep', args: '1000' };
    const stack = stackOf({ pool: functionOf('busybox:1.37', { instances, command }) });
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    using client = openClient();
    const simulatedClaims: number[] = [];
    const samples = await interleave(
      {
        node: () => msOf(async () => await once(spawn(process.execPath, ['--eval', '']), 'exit')),
        simulated: async () => {
          const beganAt = performance.now();
          await using emulator = await startEmulatorProcess(stack, ['--runtime', 'simulated'], signal);
          await client.post(`${emulator.url}/v1/functions/${emulator.functions['pool']}/claim`, { token: 'bench' });
          simulatedClaims.push(performance.now() - beganAt);
          return emulator.readyMs;
        },
        bare: async () => {
          const places = Array.from({ length: instances }, (_, place) => place);
          let made: Awaited<ReturnType<typeof bare.create>>[] = [];
          const ms = await msOf(async () => {
            made = await Promise.all(places.map((place) => bare.create('pool', place)));
          });
          await Promise.all(made.map(removeBare));
          return ms;
        },
        docker: async () => {
          await using emulator = await startEmulatorProcess(stack, [], signal);
          return emulator.readyMs;
        },
      },
      { rounds: short ? 3 : 12, warmUp: 1, signal },
    );
    return [
      { name: names.node, samples: samples.node },
      { name: names.simulated, samples: samples.simulated, beside: names.node },
      // The first was of the round before the others count.
      { name: names.simulatedClaim, samples: simulatedClaims.slice(1), beside: names.node },
      { name: names.bare, samples: samples.bare },
      { name: names.docker, samples: samples.docker, beside: names.bare },
    ];
  },
};
