import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Promises } from '../support/promises.ts';
import { createStateHome, kill, stop, whenReady } from '../support/state-home.ts';

/** `CYCLE_KILLS=50` is the long form. */
const kills = Number(process.env['CYCLE_KILLS'] ?? 3);

/** Some hot, others warm, the rest cold. */
const pool = { instances: 6, hot: 2, warm: 4, limits: { max_pool_size: 8, max_queue_time: '300ms' } } as const;

/** Spreads moments evenly however many there are: steps of the golden ratio. */
const momentOf = (kill: number, withinMs: number): number => ((kill * 0.618) % 1) * withinMs;

test(`an emulator keeps its promises over ${kills} kills at any moment`, {
  timeout: 60_000 + kills * 40_000,
}, async ({ annotate }) => {
  await using home = createStateHome(pool);
  const promises = new Promises();
  const readyAfterMs: number[] = [];
  for (let number = 0; number < kills; number += 1) {
    // Some die on their way, and with what the one before had promised in hand.
    if (number % 3 === 1) {
      const unfinished = home.start();
      await pause(300 + momentOf(number, 1_500));
      await kill(unfinished);
    }
    const startedAt = performance.now();
    const life = home.start();
    const caller = await whenReady(life);
    readyAfterMs.push(Math.round(performance.now() - startedAt));
    await promises.refuseDoubleGrants(caller, pool.limits.max_pool_size);
    await promises.collect(caller);
    const load = promises.loadUntilDeath(caller, 4);
    await pause(300 + momentOf(number, 3_000));
    await kill(life);
    await load;
  }
  const last = home.start();
  const caller = await whenReady(last);
  await promises.refuseDoubleGrants(caller, pool.limits.max_pool_size);
  await promises.collect(caller);
  // Nothing of all those runs is left over beside the pool and its networks; what was replaced goes a moment later.
  const namesOf = () => caller.list('ps', '-a', '--format', '{{.Names}}');
  await vi.waitFor(
    async () => {
      const [names, size] = [await namesOf(), await caller.size()];
      const sandboxes = names.filter((name) => name.endsWith('-sandbox'));
      // One that waits warm has its sandbox alone, a hot one its process as well.
      expect(sandboxes.length).toBeLessThanOrEqual(size);
      expect(names.length - sandboxes.length).toBeLessThanOrEqual(size);
      expect(names.length).toBeGreaterThanOrEqual(size);
    },
    { timeout: 30_000 },
  );
  expect((await stop(last)).code).toBe(0);
  for (const list of [
    ['ps', '-aq'],
    ['network', 'ls', '-q'],
    ['volume', 'ls', '-q'],
  ])
    expect(await caller.list(...list)).toEqual([]);
  const { claims, runs, expired } = promises.kept;
  await annotate(
    `over ${kills} kills ${claims} claims and ${runs} runs were kept, ${expired} claims were past their lease`,
  );
  await annotate(`ready again after ${readyAfterMs.slice(1).join(', ')} ms`);
  expect(claims + runs).toBeGreaterThan(0);
});
