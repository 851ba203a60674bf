import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startOddServer } from '../../test/support/odd-server.ts';
import { type SimulatedTarget, startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { cleanUpJournals } from './clean-up.ts';

let target: SimulatedTarget;
let folder: string;
beforeAll(async () => {
  target = await startSimulatedTarget('hello');
});
afterAll(async () => await target[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journals-'));
  return () => rm(folder, { recursive: true, force: true });
});

/** As a run leaves it that was killed; no process has that number. */
const writeJournal = async (url: string, ...phases: readonly ('claimed' | 'spawning')[]): Promise<void> => {
  const [container] = target.options.containers;
  const claims = phases.flatMap((phase, index) => {
    const claim = { container, instance: String(index).padStart(24, '0'), token: `token-${index}` };
    return phase === 'claimed'
      ? [{ event: 'claimed', ...claim }]
      : [
          { event: 'claimed', ...claim },
          { event: phase, ...claim },
        ];
  });
  const entries = [{ event: 'run', url, pid: 2 ** 22 + 1, startedAt: '' }, ...claims];
  await writeFile(join(folder, 'killed.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
};

describe('the clean-up after killed runs', () => {
  const give = (accessKey: string) => cleanUpJournals({ folder, accessKey, timeoutMs: 1_000 });

  test('releases nothing with a key that the target refuses, and keeps the journal', async () => {
    await writeJournal(target.options.url, 'claimed', 'spawning');
    const { released, lapsed, leftovers, obstacles } = await give('wrong-key-of-mine');
    expect({ released, lapsed, left: leftovers.length }).toEqual({ released: 0, lapsed: 0, left: 2 });
    expect(obstacles).toEqual([expect.stringMatching(/^Failed to release 2 claims at .*: it refuses the access key/)]);
    expect(await readdir(folder)).toEqual(['killed.jsonl']);
  });

  test.each([404, 503])('releases nothing where each answer has status %i, and keeps the journal', async (status) => {
    await using server = await startOddServer((_request, response) => response.writeHead(status).end());
    await writeJournal(server.url, 'claimed');
    expect(await give('some-key')).toMatchObject({ released: 0, leftovers: [{}], obstacles: [expect.any(String)] });
    expect(await readdir(folder)).toEqual(['killed.jsonl']);
  });

  test('counts claims that have run out as such, not as released', async () => {
    await writeJournal(target.options.url, 'claimed');
    const cleaned = await give(target.options.accessKey);
    expect(cleaned).toMatchObject({ released: 0, lapsed: 1, leftovers: [], obstacles: [] });
    expect(await readdir(folder)).toEqual([]);
  });
});
