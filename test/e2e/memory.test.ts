import fc from 'fast-check';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { badRequests, type Target, unlikeRequests } from '../support/http/random-requests.ts';
import { parseRawAnswer, sendRaw } from '../support/http/raw-request.ts';
import { accessKey } from '../support/sample-stack.ts';
import { startMeasured } from '../support/start-measured.ts';

const mebibyte = 2 ** 20;

test('ten thousand random requests leave memory as it was', { timeout: 240_000 }, async ({ annotate }) => {
  const limits = { max_queue_time: '10ms' };
  await using emulator = await startMeasured('simulated', { sample: { instances: 2, limits } });
  const { port, measure, ids } = emulator;
  const target: Target = {
    containerId: ids['sample'] ?? '',
    instanceId: '65a000000000000000000099',
    secret: accessKey,
  };
  const send = async (count: number, seed: number): Promise<ReadonlySet<number>> => {
    const requests = fc.sample(fc.oneof(badRequests(target), unlikeRequests(target)), { numRuns: count, seed });
    const statuses = await pLimit(8).map(requests, async (bytes) => parseRawAnswer(await sendRaw(port, bytes)).status);
    return new Set(statuses);
  };
  // As many to warm up with: compiled code, buffers, and a young generation that has found its size.
  await send(10_000, 1);
  const before = await measure();
  const statuses = await send(10_000, 20_250_601);
  const after = await measure();
  const grown = (part: 'rss' | 'heapUsed'): number => (after[part] - before[part]) / mebibyte;
  const inMebibytes = (part: 'rss' | 'heapUsed') =>
    `${part} ${(before[part] / mebibyte).toFixed(1)} to ${(after[part] / mebibyte).toFixed(1)} MiB`;
  await annotate(`${inMebibytes('rss')}, ${inMebibytes('heapUsed')}`);
  // Claims beyond the pool's two instances are in order, and answered with a time-out.
  expect([...statuses].filter((status) => status >= 500 && status !== 504)).toEqual([]);
  expect(grown('heapUsed')).toBeLessThan(16);
  expect(grown('rss')).toBeLessThan(96);
});
