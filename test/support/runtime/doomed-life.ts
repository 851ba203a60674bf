// The first process of a durable session: makes containers in every state and waits to be killed.
// Prints the engine's ID of each by what it is.
import type { PreparedContainer, PrepareOptions } from '../../../src/runtime/port.ts';
import { canBeWarm, startDockerSession } from './docker-session.ts';
import { obedient, type Sample, sh } from './sample-container.ts';

const [id = '', stateFile = ''] = process.argv.slice(2);
const { runtime, spec } = await startDockerSession({ session: id, durable: { stateFile, epoch: 1 } });

const talkative = sh("trap 'exit 7' TERM; echo out; echo err >&2; while :; do sleep 1 & wait $!; done");
const isWarm = await canBeWarm();
let host = 0;
const make = async (sample: Sample, options: PrepareOptions = {}): Promise<PreparedContainer> => {
  host += 1;
  return await runtime.prepare(spec({ host, ...sample }), options);
};
const run = async (sample: Sample, options: PrepareOptions = {}): Promise<PreparedContainer> => {
  const container = await make(sample, options);
  if (options.warm && isWarm) await container.warmed;
  await container.start({ RUN: 'first' });
  return container;
};

const containers = {
  made: await make({ command: obedient }),
  waiting: await make({ command: obedient }, { hot: true }),
  running: await run({ command: talkative, publishedPorts: [5000] }),
  'running behind the launcher': await run({ command: talkative }, { hot: true }),
  ended: await run({ command: sh('echo last words; sleep 1; exit 42') }),
  'running in a sandbox': await run({ command: talkative, publishedPorts: [5000] }, { warm: true }),
};
process.stdout.write(
  `${JSON.stringify(Object.entries(containers).map(([name, container]) => [name, container.dockerId]))}\n`,
);
