// What a claim costs whatever the size of the pool: claim and release, on an engine that runs nothing.
import { startEmulator } from '../src/emulator.ts';
import { callerOf } from '../src/testing/caller.ts';
import { sampleStack } from '../src/testing/sample-stack.ts';
import { quantile } from './measure.ts';

const rounds = 2_000;

const medianClaimMs = async (size: number): Promise<number> => {
  const stack = sampleStack({ pool: { instances: size, limits: { max_pool_size: size } } });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  const caller = callerOf(emulator);
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    const instanceId = await caller.claimed();
    samples.push(performance.now() - start);
    await caller.release(instanceId);
  }
  return quantile(samples.slice(rounds / 2), 0.5);
};

/** Median milliseconds of a claim over HTTP at each pool size, after as many rounds to warm up. */
export const measureClaims = async (sizes: readonly number[]) => {
  await medianClaimMs(1);
  const results = [];
  for (const size of sizes) results.push({ size, medianMs: await medianClaimMs(size) });
  return results;
};
