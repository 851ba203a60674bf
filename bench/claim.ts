import { type Client, openClient } from './client.ts';
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.ts';
import { interleave } from './interleave.ts';
import { type Row, times } from './row.ts';
import { functionOf, stackOf } from './stacks.ts';

const sizes = [10, 1_000, 10_000] as const;
const nameOf = (size: number): string => `a pool of ${size.toLocaleString('en-US')}`;
const [smallest, , largest] = sizes.map(nameOf);

export const claimRow: Row = {
  key: 'd',
  title: 'A claim over HTTP, by the size of the pool (simulated runtime)',
  unit: 'ms',
  limits: 'The request itself: nothing in a claim depends on how many instances there are.',
  targets: () => [times(`${largest}`, '≤', 1.25, `${smallest}`)],
  measure: async ({ short, signal }) => {
    await using stack = new AsyncDisposableStack();
    const client = stack.use(openClient());
    const turns: Record<string, () => Promise<number>> = {};
    for (const size of sizes) {
      const pool = stackOf({ pool: functionOf('busybox:1.37', { instances: size }) });
      const emulator = stack.use(await startEmulatorProcess(pool, ['--runtime', 'simulated'], signal));
      turns[nameOf(size)] = () => claimOnce(emulator, client);
    }
    const samples = await interleave(turns, { rounds: short ? 200 : 2_000, warmUp: short ? 100 : 1_000, signal });
    return sizes.map((size) => ({ name: nameOf(size), samples: samples[nameOf(size)] ?? [], beside: `${smallest}` }));
  },
};

const claimOnce = async ({ url, functions }: EmulatorProcess, client: Client): Promise<number> => {
  const path = `${url}/v1/functions/${functions['pool']}`;
  const token = 'bench';
  const start = performance.now();
  const { instance_id } = (await client.post(`${path}/claim`, { token })) as { instance_id: string };
  const ms = performance.now() - start;
  await client.post(`${path}/release`, { token, instance_id });
  return ms;
};
