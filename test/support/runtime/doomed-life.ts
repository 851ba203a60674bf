// The first process of a durable session: makes containers in every state and waits to be killed.
// Prints the engine's ID of each by what it is.
import type { PreparedContainer } from '../../../src/runtime/port.ts';
import { startDockerSession } from './docker-session.ts';
import { obedient, type Sample, sh } from './sample-container.ts';

const [id = '', stateFile = ''] = process.argv.slice(2);
const { runtime, spec } = await startDockerSession({ session: id, durable: { stateFile, epoch: 1 } });

const talkative = sh("trap 'exit 7' TERM; echo out; echo err >&2; while :; do sleep 1 & wait $!; done");
let host = 0;
const make = async (sample: Sample, hot = false): Promise<PreparedContainer> => {
  host += 1;
  return await runtime.prepare(spec({ host, ...sample }), { hot });
};
const run = async (sample: Sample, hot = false): Promise<PreparedContainer> => {
  const container = await make(sample, hot);
  await container.start({ RUN: 'first' });
  return container;
};

const containers = {
  made: await make({ command: obedient }),
  waiting: await make({ command: obedient }, true),
  running: await run({ command: talkative, publishedPorts: [5000] }),
  'running behind the launcher': await run({ command: talkative }, true),
  ended: await run({ command: sh('echo last words; sleep 1; exit 42') }),
};
process.stdout.write(
  `${JSON.stringify(Object.entries(containers).map(([name, container]) => [name, container.dockerId]))}\n`,
);
