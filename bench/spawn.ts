// From a spawn, over HTTP, to the function's own first instruction, cold and hot, beside the bare client's start of an
// equal container. In turns, so that a machine that grows slower does so for all.
import { Agent, request } from 'node:http';
import Docker from 'dockerode';
import { type Emulator, startEmulator } from '../src/emulator.ts';
import { nextEvent } from '../src/testing/caller.ts';
import { createBareStarts } from './bare-starts.ts';
import { makeFirstInstructionImage, monotonicMs, parseFirstInstruction } from './first-instruction-image.ts';
import { quantile } from './measure.ts';

const secret = 'bench-secret';
const agent = new Agent({ keepAlive: true });

/** A stack of the program alone: `cold` has cold instances, `hot` hot ones. */
const stackOf = (image: string, instances: number) => {
  const container = (hostname: string) => ({
    name: hostname,
    image: { origin: { type: 'docker-hub', details: { target: image } } },
    stateful: false,
    config: {
      network: { public: 'disable', hostname },
      deploy: { strategy: 'function', instances, function: { max_pool_size: instances, max_queue_time: '60s' } },
    },
  });
  return {
    version: '1.0',
    containers: { cold: container('cold'), hot: container('hot') },
    services: { scheduler: { config: { access_keys: [{ name: 'bench', secret, ips: [] }] } } },
    emulator: { containers: { hot: { hot: instances } } },
  };
};

const post = (url: string, body: object): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'X-CYCLE-ACCESS-KEY': secret };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject).end(JSON.stringify(body));
  });

/** Claims an instance and answers what spawns it: that tells how long it took until the function's first instruction. */
const prepareSpawn = async (emulator: Emulator, name: 'cold' | 'hot', variables: Record<string, string>) => {
  const { instanceId, token } = await emulator.claim(name);
  return async (): Promise<number> => {
    const ended = nextEvent(emulator, 'instance.ended', instanceId);
    const body = { token, instance_id: instanceId, runtime_variables: { environment_variables: variables } };
    const before = monotonicMs();
    await post(`${emulator.url}/v1/functions/${emulator.function(name).id}/spawn`, body);
    await ended;
    const output = emulator.logs(instanceId);
    for await (const _chunk of output.follow());
    const printed = output.text;
    return parseFirstInstruction(printed) - before;
  };
};

/** Until all instances wait to be claimed, so that nothing else keeps the machine busy. */
const untilFull = async (emulator: Emulator): Promise<void> => {
  for (const { counts } of [emulator.function('cold'), emulator.function('hot')]) {
    if (counts.available < counts.size) {
      await nextEvent(emulator, 'instance.available');
      return await untilFull(emulator);
    }
  }
};

const variables = { INPUT: 'of this run' };

/** Milliseconds of each way: one at a time, and many at once. */
export const measureSpawns = async ({ rounds, atOnce }: { readonly rounds: number; readonly atOnce: number }) => {
  const image = await makeFirstInstructionImage(new Docker());
  await using bare = await createBareStarts(image);
  const ways = {
    'bare docker start': () => bare.prepare(),
    cold: (emulator: Emulator) => prepareSpawn(emulator, 'cold', {}),
    'cold, with variables': (emulator: Emulator) => prepareSpawn(emulator, 'cold', variables),
    'hot, with variables': (emulator: Emulator) => prepareSpawn(emulator, 'hot', variables),
  };
  const measure = async (times: number, width: number): Promise<readonly (readonly number[])[]> => {
    await using emulator = await startEmulator({ stack: stackOf(image, width), pull: 'never' });
    const samples: number[][] = Object.values(ways).map(() => []);
    for (let round = 0; round < times; round += 1) {
      for (const [index, prepare] of Object.values(ways).entries()) {
        await untilFull(emulator);
        const starts = await Promise.all(Array.from({ length: width }, () => prepare(emulator)));
        samples[index]?.push(...(await Promise.all(starts.map((start) => start()))));
      }
    }
    return samples;
  };
  const alone = await measure(rounds, 1);
  const together = await measure(Math.max(1, Math.round(rounds / atOnce)), atOnce);
  agent.destroy();
  return Object.keys(ways).map((way, index) => ({
    way,
    alone: toQuantiles(alone[index] ?? []),
    together: toQuantiles(together[index] ?? []),
  }));
};

const toQuantiles = (samples: readonly number[]) => ({
  p50: quantile(samples, 0.5),
  p95: quantile(samples, 0.95),
  p99: quantile(samples, 0.99),
});
