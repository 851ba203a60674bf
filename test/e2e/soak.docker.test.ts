import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { callerAt } from '../support/caller.ts';
import { docker } from '../support/docker-cli.ts';
import { startLoad } from '../support/load.ts';
import { type Measure, type MeasuredEmulator, startMeasured } from '../support/start-measured.ts';

/** `CYCLE_SOAK_SECONDS=1800` is the long form. */
const seconds = Number(process.env['CYCLE_SOAK_SECONDS'] ?? 12);

const mebibyte = 2 ** 20;
const instances = 3;
const shutdown = { graceful_timeout: '1s' };
const limits = { max_queue_time: '60s' };
const functions = {
  cold: { instances, shutdown, limits },
  hot: { instances, shutdown, limits, hot: 2 },
  /** Ends by itself, before or after it is released. */
  brief: { instances, shutdown, limits, script: 'echo $RUN; exit 3' },
};

/** When no caller is left, the pools are full, and the emulator asks nothing of Docker for the moment. */
const atRest = async ({ measure }: MeasuredEmulator): Promise<Measure> => {
  await expect.poll(async () => (await measure()).full, { timeout: 60_000, interval: 100 }).toBe(true);
  const measures: Measure[] = [];
  for (let look = 0; look < 5; look += 1) {
    measures.push(await measure());
    await pause(100);
  }
  return measures.reduce((least, next) => (next.files < least.files ? next : least));
};

const objects = async ({ session }: MeasuredEmulator): Promise<Readonly<Record<string, number>>> => {
  const filter = ['--filter', `label=io.cycle.emulator.session=${session}`];
  const list = async (...command: readonly string[]): Promise<readonly string[]> =>
    (await docker(...command, ...filter)).split('\n').filter((line) => line !== '');
  const count = async (...command: readonly string[]): Promise<number> => (await list(...command, '-q')).length;
  const label = (name: string): string => `{{.Label "io.cycle.emulator.${name}"}}`;
  const containers = await list('ps', '-a', '--format', `${label('instance')}|${label('sandbox')}`);
  const idsBy = (place: 0 | 1): readonly string[] =>
    containers.map((line) => line.split('|')[place] ?? '').filter((id) => id !== '');
  return {
    // What waits warm has its sandbox alone, which comes with use.
    instances: new Set([...idsBy(0), ...idsBy(1)]).size,
    sandboxes: idsBy(1).length,
    networks: await count('network', 'ls'),
    volumes: await count('volume', 'ls'),
  };
};

test(`${seconds} seconds of claims, spawns, exits and releases leave memory, handles and Docker as they were`, {
  timeout: seconds * 1_000 + 180_000,
}, async ({ annotate }) => {
  await using emulator = await startMeasured('docker', functions);
  const callers = Object.keys(functions).flatMap((name) => {
    const caller = callerAt(emulator.url, emulator.ids[name] ?? '');
    return [caller, caller];
  });
  const work = async (forMs: number): Promise<number> => {
    const load = startLoad(callers);
    await Promise.race([pause(forMs), load.runs(Number.POSITIVE_INFINITY)]);
    const answers = await load.stop();
    expect(Object.keys(answers).toSorted()).toEqual(['claim 200', 'release 200', 'spawn 200']);
    return answers['release 200'] ?? 0;
  };

  const idle = await atRest(emulator);
  // To warm up: compiled code, buffers, a young generation that has found its size, histories that are full.
  const runs = await work(seconds * 250);
  const before = await atRest(emulator);
  const more = await work(seconds * 750);
  const after = await atRest(emulator);

  const grown = (part: 'rss' | 'heapUsed'): number => (after[part] - before[part]) / mebibyte;
  const range = (part: 'rss' | 'heapUsed'): string =>
    `${part} ${(before[part] / mebibyte).toFixed(1)} to ${(after[part] / mebibyte).toFixed(1)} MiB`;
  await annotate(
    `${runs + more} runs: ${range('rss')}, ${range('heapUsed')}, ${idle.files} to ${after.files} files, ${idle.handles} to ${after.handles} handles`,
  );
  expect(more).toBeGreaterThan(0);
  expect(grown('heapUsed')).toBeLessThan(16);
  expect(grown('rss')).toBeLessThan(64);
  const { sandboxes = 0, ...others } = await objects(emulator);
  expect(others).toEqual({ instances: 3 * instances, networks: 1, volumes: 1 });
  expect(sandboxes).toBeLessThanOrEqual(3 * instances);
  // There is a connection to each.
  expect(after.files).toBeLessThanOrEqual(idle.files + sandboxes);
  expect(after.handles).toBeLessThanOrEqual(idle.handles + sandboxes);
});
