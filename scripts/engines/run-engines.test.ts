import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toFailureLines } from '../failure-lines.ts';
import type { Report } from '../test-report.ts';
import type { EngineKind } from './engines.ts';
import { parseRequest } from './request.ts';
import { mergeReports, renderNotTried, renderTable } from './results.ts';
import { runEngines } from './run-engines.ts';
import type { RunningEngine } from './start-engine.ts';
import type { Suite } from './suites.ts';

const facts = {
  ...{ product: 'Docker', version: '26.1.5', api: '1.45', oldestApi: '1.24' },
  ...{ builder: 'BuildKit', cgroup: 'v2', storage: 'overlay2' },
};

const reportOf = (...statuses: readonly string[]): Report => ({
  testResults: [{ status: 'passed', assertionResults: statuses.map((status) => ({ status })) }],
});

const suite = (run: () => Promise<Report>): Suite => ({ name: 'a-suite', run });
const good = suite(() => Promise.resolve(reportOf('passed', 'passed')));

/** Runs the suites on the engines of these names; those of a suite in `missing` are unavailable. */
const run = async (
  names: readonly string[],
  suites: readonly Suite[],
  { missing = '', signal = quiet, atOnce = 1 } = {},
) => {
  const ended: string[] = [];
  const printed: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'cycle-trial-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const start = (kind: EngineKind): Promise<RunningEngine> => {
    if (missing.includes(kind.suite)) return Promise.reject(new Error(`${kind.suite} is away.`));
    const end = () => Promise.resolve(void ended.push(`${kind.name} of ${kind.suite}`));
    return Promise.resolve({ facts, folder, [Symbol.asyncDispose]: end } as unknown as RunningEngine);
  };
  const runs = (parseRequest(names)?.runs ?? []).map(({ kind }) => ({ kind, suites }));
  const parts = { start, atOnce, signal, print: (line: string) => void printed.push(line) };
  const results = await runEngines(runs, parts).catch((error: unknown) => ({ error }));
  const stopped = 'error' in results ? results.error : null;
  return { results: 'error' in results ? [] : results, ended, printed, stopped };
};
const quiet = new AbortController().signal;

test('the engines run one after the other, and a table says what each is and what it passed', async () => {
  const { results, ended } = await run(['docker-26', 'podman-5'], [good]);
  expect(ended).toEqual(['docker-26 of trixie', 'podman-5 of trixie']);
  expect(renderTable(results).split('\n').slice(0, 3)).toEqual([
    '| engine    | reports       | API         | builder  | cgroup | storage  | suite   | passed | failed | skipped | s |',
    '| --------- | ------------- | ----------- | -------- | ------ | -------- | ------- | ------ | ------ | ------- | - |',
    '| docker-26 | Docker 26.1.5 | 1.45 (1.24) | BuildKit | v2     | overlay2 | a-suite | 2      | 0      | 0       | 0 |',
  ]);
  expect(renderNotTried(results)).toBeNull();
});

test('as many engines run at a time as asked for, and the output of a suite comes whole at its end', async () => {
  const met = Promise.withResolvers<void>();
  let [running, most] = [0, 0];
  const busy: Suite = {
    name: 'busy',
    run: async (_engine, { output }) => {
      running += 1;
      most = Math.max(most, running);
      writeSync(Number(output), 'first\n');
      if (running === 2) met.resolve();
      await met.promise;
      writeSync(Number(output), 'second\n');
      running -= 1;
      return reportOf('passed');
    },
  };
  const names = ['podman-5', 'docker-26', 'docker-20'];
  const { results, printed } = await run(names, [busy], { atOnce: 2 });
  expect(most).toBe(2);
  expect(results.map(({ name }) => name)).toEqual(names);
  expect(printed.toSorted()).toEqual(names.map((name) => `\n${name}: busy\nfirst\nsecond\n`).toSorted());
});

test('an engine that is unavailable is a failure that says so', async () => {
  const { results } = await run(['docker-20', 'docker-26'], [good], { missing: 'bookworm' });
  expect(renderTable(results)).toMatch(/docker-20 \| unavailable/);
  expect(renderNotTried(results)).toBe('Not tried: docker-20 (bookworm is away).');
  expect(mergeReports(results).testResults.map(({ status }) => status)).toEqual(['failed', 'passed']);
  expect(toFailureLines(mergeReports(results))).toEqual(['FAIL docker-20: bookworm is away.']);
});

test('an engine of sid that is unavailable is no failure, and the one of trixie passes for Docker 29', async () => {
  const { results, ended } = await run(['docker-28', 'docker-29'], [good], { missing: 'sid' });
  expect(ended).toEqual(['docker-29 of trixie']);
  expect(renderNotTried(results)).toBe(
    'Not tried: docker-28 (sid is away); docker-29 (the engine of trixie stood in).',
  );
  expect(mergeReports(results)).toMatchObject(reportOf('passed', 'passed'));
});

test('a suite without a report is a failure, and the next suite still runs', async () => {
  const bad = suite(() => Promise.reject(new Error('it crashed')));
  const { results } = await run(['docker-26'], [bad, good]);
  expect(mergeReports(results).testResults.map(({ status }) => status)).toEqual(['failed', 'passed']);
  expect(toFailureLines(mergeReports(results))).toEqual(['FAIL docker-26 a-suite: it crashed']);
});

test('a signal ends the engine that runs, and no other is started', async () => {
  const stop = new AbortController();
  const stopped = suite(() => {
    stop.abort('SIGTERM');
    return Promise.reject(new Error('it was ended'));
  });
  const run2 = await run(['docker-26', 'podman-5'], [stopped, good], { signal: stop.signal });
  expect(run2).toMatchObject({ ended: ['docker-26 of trixie'], stopped: 'SIGTERM' });
});

test('the command line names engines, their suites, and tests to run instead', () => {
  const read = (...args: readonly string[]) =>
    parseRequest(args)?.runs.map(({ kind, suites }) => [kind.name, ...suites.map(({ name }) => name)]);
  expect(read()?.map(([name]) => name)).toEqual(['docker-20', 'docker-26', 'docker-28', 'docker-29', 'podman-5']);
  expect(read('docker-26', 'podman-5:contract')).toEqual([
    ['docker-26', 'docker', 'contract'],
    ['podman-5', 'contract'],
  ]);
  expect(read('docker-29', '--', 'src/a.test.ts', '-t', 'name')).toEqual([['docker-29', 'vitest']]);
  expect(parseRequest(['--help'])).toBeNull();
  expect(parseRequest(['--fresh', '--report', 'r.json'])).toMatchObject({ fresh: true, report: 'r.json' });
  expect(parseRequest(['--at-once', '2'])).toMatchObject({ atOnce: 2 });
  expect(() => parseRequest(['--at-once', '0'])).toThrow('--at-once takes a number from 1 to 9');
  expect(() => read('docker-7')).toThrow('Failed to test engine "docker-7": there is none. Name one of docker-20, ');
  expect(() => read('docker-20:x')).toThrow(
    'Failed to run suite "x": there is none. Name one of docker, smoke, contract.',
  );
});
