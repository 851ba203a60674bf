import { expect, test } from 'vitest';
import { type ChildEmulator, isFull, startChildEmulator } from '../support/child-emulator.ts';
import { docker } from '../support/docker-cli.ts';
import { nothingLeft } from '../support/left-in-engine.ts';
import { startLoad } from '../support/load.ts';
import type { SampleFunction } from '../support/sample-stack.ts';

const shutdown = { graceful_timeout: '1s' };
const limits = { max_queue_time: '60s' };
const instances = 2;
const one = { first: { instances, shutdown, limits }, second: { instances, shutdown, limits, hot: 1 } };
const other = { third: { instances, shutdown, limits } };

const start = (functions: Readonly<Record<string, SampleFunction>>) =>
  startChildEmulator(functions, '--log-level', 'warn');

const ofSession = (kind: 'network' | 'container', { session }: ChildEmulator): Promise<string> =>
  docker(
    kind,
    'ls',
    '-q',
    ...(kind === 'container' ? ['-a'] : []),
    '--filter',
    `label=io.cycle.emulator.session=${session}`,
  );

const subnetOf = async (emulator: ChildEmulator): Promise<string> =>
  await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', await ofSession('network', emulator));

test('two emulators of one stack and one of another serve at once, and the end of one leaves the others alone', {
  timeout: 120_000,
}, async () => {
  const [killed, twin, stranger] = await Promise.all([start(one), start(one), start(other)]);
  using all = new DisposableStack();
  for (const emulator of [killed, twin, stranger]) all.use(emulator);
  const subnets = await Promise.all([killed, twin, stranger].map(subnetOf));
  expect(new Set(subnets).size).toBe(3);

  const loads = [killed.caller('first'), twin.caller('first'), twin.caller('second'), stranger.caller('third')].map(
    (caller) => startLoad([caller]),
  );
  await Promise.all(loads.map((load) => load.runs(2)));

  killed.cli.child.kill('SIGKILL');
  const [ofKilled, ...others] = loads;
  const left = nothingLeft([killed.cli.child.pid ?? 0]);
  await expect(ofKilled?.runs(Number.POSITIVE_INFINITY)).rejects.toThrow('fetch failed');
  await Promise.all(others.map((load) => load.runs(2)));
  await left;

  const answers = await Promise.all(others.map((load) => load.stop()));
  for (const counts of answers)
    expect(Object.keys(counts).toSorted()).toEqual(['claim 200', 'release 200', 'spawn 200']);
  await Promise.all([twin.until(isFull), stranger.until(isFull)]);
  const before = await ofSession('container', stranger);
  expect((await twin.stop()).code).toBe(0);
  expect(await ofSession('container', stranger)).toBe(before);
  const last = startLoad([stranger.caller('third')]);
  await last.runs(1);
  await last.stop();
  expect((await stranger.stop()).code).toBe(0);
});
