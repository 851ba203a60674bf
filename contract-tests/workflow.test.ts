import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeProject, type Project } from '../test/support/workflow/project.ts';
import { type JobResult, runJob } from '../test/support/workflow/run-job.ts';
import { startReferenceScheduler } from './reference/scheduler.ts';

const workflow = fileURLToPath(new URL('../examples/github-actions/contract.yml', import.meta.url));

// Whole runs, one of them on containers.
vi.setConfig({ testTimeout: 240_000 });

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

const runIn = (
  job: string,
  context: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<JobResult> =>
  runJob(workflow, job, {
    directory: project.directory,
    context,
    // The node that runs the tests first, as setup-node does; and a state folder for this test alone.
    environment: {
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: project.directory,
      XDG_STATE_HOME: join(project.directory, 'state'),
      npm_config_offline: 'true',
      ...environment,
    },
  });

/** Cases that claim, spawn and release, but wait for no lease in real time; the suite's own tests run all of them. */
const briefly = { CYCLE_CONTRACT_EXPLORE: '0', CYCLE_CONTRACT_ONLY: 'ACCESS,RELEASE,RUN' };

const liveContext = (url: string, accessKey: string, container: string) => ({
  'vars.CYCLE_CONTRACT_URL': url,
  'vars.CYCLE_CONTRACT_CONTAINER': container,
  'secrets.CYCLE_CONTRACT_ACCESS_KEY': accessKey,
});

const failed = ({ steps }: JobResult) => steps.filter(({ exitCode }) => exitCode !== 0);

test('the example workflow runs the contract suite against the emulator', async () => {
  // The one run on this machine's own Docker: also what is our choice has to be as it is in the emulator.
  const result = await runIn('emulator', {}, { CYCLE_CONTRACT_STRICT: 'true' });
  expect(failed(result)).toEqual([]);
  expect(result.summary).toMatch(/conforms/i);
  const report = await readFile(join(project.directory, 'contract-report/junit.xml'), 'utf8');
  const skipped = [...report.matchAll(/<testcase [^>]* name="(\S+)[^>]*>\s*<skipped/g)].map(([, id]) => id);
  // The emulator refuses the variables over which a start would fail.
  expect(skipped).toEqual(['SPAWN-013']);
});

test('the example workflow runs the contract suite against another scheduler', async () => {
  await using reference = await startReferenceScheduler();
  const context = liveContext(reference.url, reference.accessKey, reference.containerIds[0]);
  const result = await runIn('live', context, briefly);
  expect(failed(result)).toEqual([]);
  expect(result.summary).toMatch(/conforms/i);
});

test('the example workflow fails on a broken contract, and still shows its report', async () => {
  await using reference = await startReferenceScheduler({ echo: () => 'something else' });
  const context = liveContext(reference.url, reference.accessKey, reference.containerIds[0]);
  const result = await runIn('live', context, briefly);
  expect(failed(result)).toMatchObject([{ name: 'Hold the scheduler to the contract', exitCode: 1 }]);
  expect(result.summary).toMatch(/something else|token/i);
  expect(JSON.stringify(result)).not.toContain(reference.accessKey);
});
