import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/index.ts';
import { type SampleFunction, sampleStack } from '../support/sample-stack.ts';

const tenMinutes = 600_000;
/** Far more than a test may take in real time. */
const grace = 1_200_000;
const shutdown = { graceful_timeout: '20m' };

const start = (spec: SampleFunction) =>
  startEmulator({ stack: sampleStack({ hello: { limits: { max_runtime: '10m' }, shutdown, ...spec } }) });

/** As process 1 of its container, a shell without a trap ignores SIGTERM. */
const deaf: SampleFunction = { script: 'while :; do sleep 60; done' };

/** Ends in its own way. */
const obedient: SampleFunction = { script: "trap 'exit 7' TERM; sleep 1000 & wait" };

describe('the grace of a function that ignores its signal', () => {
  it('is over when the clock has been moved past it, and advancing waits for the kill', async () => {
    await using emulator = await start(deaf);
    const claim = await emulator.claim('hello');
    await claim.spawn();
    const released = claim.release();
    await emulator.clock.advance(grace);
    expect(emulator.function('hello').counts).toMatchObject({ active: 0, available: 1 });
    await released;
  });

  it('is not over before its time by the clock, and advancing does not wait for it', async () => {
    await using emulator = await start(deaf);
    const claim = await emulator.claim('hello');
    await claim.spawn();
    const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
    await emulator.clock.advance(tenMinutes);
    expect(emulator.function('hello').counts.active).toBe(1);
    await emulator.clock.advance(grace);
    expect(emulator.function('hello').counts).toMatchObject({ active: 0, available: 1 });
    expect(await ended).toMatchObject({ exit: { code: 137 } });
  });

  it('passes in real time while the clock stands still', async () => {
    await using emulator = await start({ ...deaf, shutdown: { graceful_timeout: '1s' } });
    const claim = await emulator.claim('hello');
    await claim.spawn();
    emulator.clock.freeze();
    const askedAt = performance.now();
    await claim.release();
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(990);
  });
});

it('moving the clock past the end of a grace leaves a function that heeds its signal the time to do so', async () => {
  await using emulator = await start(obedient);
  const claim = await emulator.claim('hello');
  await claim.spawn();
  const ended = emulator.events.waitFor(({ name }) => name === 'instance.ended');
  await emulator.clock.advance(tenMinutes + grace);
  expect(await ended).toMatchObject({ exit: { code: 7 } });
  expect(emulator.function('hello').counts).toMatchObject({ active: 0, available: 1 });
});
