import type Docker from 'dockerode';
import { parseStack } from '../src/stack/load-stack.ts';
import { type BareDocker, openBareDocker, removeBare } from './bare-docker.ts';
import { type Claimed, type Client, claim, openClient, spawn } from './client.ts';
import { type EmulatorProcess, startEmulatorProcess, untilWarm } from './emulator-process.ts';
import { interleave, msOf, type Turn } from './interleave.ts';
import type { Row } from './row.ts';
import { toSampled } from './samples.ts';
import { functionOf, type Kind, kindNames, stackOfKinds } from './stacks.ts';

const names = {
  unspawned: 'after a claim alone',
  bare: 'bare stop, remove and create',
  bareHot: 'bare stop, remove, create and start',
} as const;

const afterRun = (kind: Kind): string => `after a run, ${kind}`;

/** Ends at once on SIGTERM, and says from when on. */
const command = { path: '/bin/sh', args: `-c "trap 'exit 0' TERM; echo up; sleep 1000 & wait $!"` };

export const releaseRow: Row = {
  key: 'e',
  title: 'From a release until a claim that waits for the instance is answered',
  unit: 'ms',
  limits:
    'The engine: it ends the process, takes the container’s network down, removes the container and makes the next; for a ' +
    'hot one it starts that as well. A warm or hot instance keeps its network, which is only looked at. A claim that was never spawned left the container untouched, so it is back at once.',
  targets: () => [],
  measure: async ({ short, signal }) => {
    const spec = functionOf('busybox:1.37', { instances: 1, command });
    const stack = stackOfKinds(spec, 1);
    await using bare = await openBareDocker(parseStack(stack, { source: 'bench', root: '/' }));
    await using emulator = await startEmulatorProcess(stack, [], signal);
    await untilWarm(emulator, bare.docker);
    using client = openClient();
    const turns: Readonly<Record<string, Turn>> = Object.fromEntries(
      kindNames.map((kind) => [afterRun(kind), () => runAndRelease(emulator, client, kind)]),
    );
    const samples = await interleave<string>(
      {
        [names.unspawned]: async () => await nextClaimMs(client, await claim(client, emulator, 'cold')),
        [names.bare]: () => renewBare(bare, false),
        [names.bareHot]: () => renewBare(bare, true),
        ...turns,
      },
      { rounds: short ? 3 : 12, warmUp: short ? 0 : 1, signal },
    );
    return [
      ...Object.values(names).map((name) => toSampled(samples, name)),
      ...kindNames.map((kind) => toSampled(samples, afterRun(kind), kind === 'hot' ? names.bareHot : names.bare)),
    ];
  },
};

const runAndRelease = async (emulator: EmulatorProcess, client: Client, kind: Kind): Promise<number> => {
  const claimed = await claim(client, emulator, kind);
  await spawn(client, claimed, {});
  const { output } = await emulator.remote.logs(claimed.body.instance_id, { follow: true });
  // It is ready to be stopped.
  for await (const _chunk of output) break;
  return await nextClaimMs(client, claimed);
};

/** From the release of the only instance until the claim that waits for it in line is answered. */
const nextClaimMs = async (client: Client, { path, body }: Claimed): Promise<number> => {
  const token = 'next-in-line';
  const waiting = client.post(`${path}/claim`, { token });
  const ms = await msOf(() => Promise.all([client.post(`${path}/release`, body), waiting]));
  await client.post(`${path}/release`, { ...body, token });
  return ms;
};

/** The same by the bare client. */
const renewBare = async ({ create }: BareDocker, isHot: boolean): Promise<number> => {
  const old = await create('cold', 0);
  await old.start();
  const output = await old.logs({ follow: true, stdout: true });
  for await (const _chunk of output) break;
  let next: Docker.Container | undefined;
  const ms = await msOf(async () => {
    const ended = old.wait();
    await old.kill({ signal: 'SIGTERM' });
    await ended;
    await removeBare(old);
    next = await create('cold', 0);
    if (isHot) await next.start();
  });
  if (next !== undefined) await removeBare(next);
  return ms;
};
