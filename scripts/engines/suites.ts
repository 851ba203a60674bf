import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../test-report.ts';
import type { RunningEngine } from './start-engine.ts';

export type Suite = {
  readonly name: string;
  /** @throws Error that says in one line why the suite has no result */
  run(engine: RunningEngine, options: RunOptions): Promise<Report>;
};

export type RunOptions = {
  readonly signal: AbortSignal;
  /** Where its programs print, as `RunningEngine.spawn` takes it. */
  readonly output: 'inherit' | number;
};

/** Several times what the longest takes on two cores, with another engine beside it. */
const suiteWithinMs = 1_500_000;

/** Tests by the arguments of `vitest run`, files first. */
export const vitestSuite = (name: string, args: readonly string[]): Suite => ({
  name,
  run: async (engine, options) => {
    const file = join(makeFolder(engine), 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const projects = ['--project', 'all', '--project', 'alone'];
    await runNode(engine, ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...reporters, ...args], options);
    return readReport<Report>(file);
  },
});

/** The contract suite as a user runs it: on the emulator with fixtures/probe.yaml, whose choices must hold as well. */
const contractSuite: Suite = {
  name: 'contract',
  run: async (engine, options) => {
    const folder = makeFolder(engine);
    // Random histories are of the rules, which no engine changes; at length the tests of the suite itself try them.
    const histories = ['--explore', '5'];
    const args = ['contract', '--strict', ...histories, '--report-dir', folder, '--ledger-dir', folder];
    const exitCode = await runNode(engine, ['src/cli/main.ts', ...args], options);
    return toReport(readReport(join(folder, 'results.json')), exitCode);
  },
};

export const suites: readonly Suite[] = [
  vitestSuite('docker', ['docker.test', 'src/runtime/runtime.test', 'src/runtime/docker/', 'src/runtime/simulated/']),
  vitestSuite('smoke', [
    'test/e2e/emulator.docker.test',
    'src/runtime/runtime.test',
    'src/runtime/docker/networks/network.test',
  ]),
  contractSuite,
];

/** What runs where nothing is chosen; what they do not name is part of them. */
export const usualSuites: readonly Suite[] = suites.filter(({ name }) => name !== 'smoke');

type ContractResults = { readonly cases: readonly ContractCase[] };

type ContractCase = { readonly id: string; readonly outcome: string; readonly message: string };

/** The emulator refuses such variables before a start could fail over them, so no engine runs this case. */
const neverRun = 'SPAWN-013';

/** An exit code other than 0 is a failure also where no case is: an instance may be unreleased, for instance. */
const toReport = ({ cases }: ContractResults, exitCode: number | null): Report => {
  const assertionResults = cases
    .filter(({ id, outcome }) => id !== neverRun || outcome !== 'skip')
    .map(({ id, outcome, message }) => ({
      title: id,
      status: outcome === 'pass' ? 'passed' : outcome === 'skip' ? 'skipped' : 'failed',
      failureMessages: [`${outcome}: ${message}`],
    }));
  const status = exitCode === 0 ? 'passed' : 'failed';
  return { testResults: [{ status, message: `it ended with exit code ${exitCode}`, assertionResults }] };
};

const makeFolder = ({ folder }: RunningEngine): string => mkdtempSync(join(folder, 'suite-'));

const readReport = <Content>(file: string): Content => {
  if (!existsSync(file)) throw new Error('it ended without a report, see above');
  return JSON.parse(readFileSync(file, 'utf8')) as Content;
};

/** Resolves to the exit code; null where a signal ended it. */
const runNode = async (
  engine: RunningEngine,
  args: readonly string[],
  { signal, output }: RunOptions,
): Promise<number | null> => {
  const child = engine.spawn(process.execPath, args, { ...engine.env, DOCKER_HOST: `unix://${engine.socket}` }, output);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(suiteWithinMs)]);
  const aborted = new Promise<never>((_resolve, reject) => {
    bounded.addEventListener('abort', () => reject(bounded.reason), { once: true });
  });
  try {
    const [code] = (await Promise.race([once(child, 'exit'), aborted])) as [number | null];
    return code;
  } finally {
    engine.kill(child);
  }
};
