import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot, version } from '../src/shared/package.ts';
import { cleanEnv } from '../test/support/package/packed-package.ts';
import { type Outcome, runSteps, type Step } from '../test/support/package/run-steps.ts';
import { accessKey, writeSampleStack } from '../test/support/sample-stack.ts';

type Action = {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
};
const { inputs, runs }: Action = parse(readFileSync(join(packageRoot, 'action.yml'), 'utf8'));
const defaults = Object.fromEntries(Object.entries(inputs).map(([name, { default: value = '' }]) => [name, value]));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cycle-action-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** Runs the action in the folder, as a workflow does that names these inputs. */
const act = (given: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  runSteps(runs.steps, {
    folder,
    contexts: { inputs: { ...defaults, ...given }, github: { action_path: packageRoot } },
    env: { ...cleanEnv(), ...env },
  });

/** Has the project a command line of its own: this checkout's. */
const installHere = (): void => {
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  const main = join(packageRoot, 'src/cli/main.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  writeFileSync(join(folder, 'node_modules/.bin/cycle-scheduler'), script, { mode: 0o755 });
  writeSampleStack(join(folder, 'stack.json'), { 'my-job': {} });
};

/** Ends what a step has left running, as GitHub does at the end of a job. */
const endEmulator = async (url: string): Promise<void> => {
  const { data } = (await (await fetch(`${url}/_emulator/health/live`)).json()) as { data: { pid: number } };
  process.kill(data.pid, 'SIGTERM');
  execFileSync('tail', [`--pid=${data.pid}`, '--sleep-interval=0.1', '--follow', '/dev/null']);
};

const simulated = '--runtime\nsimulated';

describe('the action', () => {
  test('names no input in a script, where it would be read as code', () => {
    expect(runs.steps.filter(({ run = '' }) => run.includes('${{'))).toEqual([]);
  });

  test('uses other actions by their commits', () => {
    const uses = runs.steps.flatMap((step) => step.uses ?? []);
    expect(uses.filter((one) => !/@[0-9a-f]{40}$/.test(one))).toEqual([]);
  });

  test.each([
    [{ mode: 'stat' }, 'mode is "stat". Give start, exec or contract.'],
    [{ mode: 'exec' }, 'exec has no command. Give what to run in command.'],
    [{ command: 'npm test' }, 'start runs no command. Give mode: exec, or leave command out.'],
    [{ mode: 'contract', stack: 'stack.json' }, 'contract takes no stack. Leave stack out.'],
    [{ stack: 'no.yaml' }, 'The stack "no.yaml" is no file. Give its path from working-directory.'],
  ])('refuses %j', async (given, message) => {
    const { failed, log } = await act(given);
    expect({ failed, log }).toEqual({ failed: true, log: `::error title=cycle-scheduler::${message}\n` });
  });

  test('starts an emulator that goes on, and says where it is', async () => {
    installHere();
    const { failed, log, env, outputs } = await act({
      stack: 'stack.json',
      arguments: `${simulated}\n\n--log-level\nerror`,
    });
    expect({ failed, log }).toMatchObject({ failed: false });
    const url = env['CYCLE_SCHEDULER_URL'] ?? '';
    // Longer than `exec` takes to see that what has started it is over: nothing announces that it goes on.
    await pause(1_000);
    expect((await fetch(`${url}/_emulator/health/ready`)).status).toBe(200);
    expect(outputs['start']).toMatchObject({ url });
    expect(env).toMatchObject({
      CYCLE_FUNCTION_MY_JOB: expect.stringMatching(/^[0-9a-f]{24}$/),
      CYCLE_ACCESS_KEY: accessKey,
    });
    expect(log).toBe(`::add-mask::${accessKey}\n`);
    await endEmulator(url);
  });

  test('runs a command with an emulator, and fails where the command does', async () => {
    installHere();
    const command = 'curl -sS --fail "$CYCLE_SCHEDULER_URL/_emulator/health/ready" >seen; false | true; echo on >>seen';
    const { failed } = await act({ mode: 'exec', stack: 'stack.json', command, arguments: simulated });
    expect(failed).toBe(true);
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toMatch(/^\{"data":\{"version"[^\n]*$/);
  });

  test('fails where the emulator does not start, and shows why', async () => {
    installHere();
    writeFileSync(join(folder, 'stack.json'), '{}');
    const { failed, log } = await act({ stack: 'stack.json', arguments: simulated });
    expect(failed).toBe(true);
    expect(log).toMatch(/^cycle-scheduler: Failed to read the stack.*::error title=cycle-scheduler::/s);
  });

  test('runs the contract suite, and keeps and shows its reports', async () => {
    installHere();
    const { failed, log, summary, used } = await act({
      mode: 'contract',
      arguments: `${simulated}\n--only\nCLAIM-001`,
      'report-name': 'mine',
    });
    expect({ failed, log }).toMatchObject({ failed: false });
    const path = join(folder, 'contract-report');
    expect(readdirSync(path)).toContain('junit.xml');
    expect(summary).toBe(readFileSync(join(path, 'summary.md'), 'utf8'));
    expect(used.map(({ with: given }) => given)).toMatchObject([{ name: 'mine', path: './contract-report' }]);
  });

  test('keeps the reports of a scheduler that breaks the contract, and fails', async () => {
    installHere();
    const env = {
      CYCLE_CONTRACT_URL: 'http://127.0.0.1:1',
      CYCLE_CONTRACT_ACCESS_KEY: 'any',
      CYCLE_CONTRACT_CONTAINER: '65a000000000000000000101',
    };
    const { failed, used } = await act({ mode: 'contract' }, env);
    expect(failed).toBe(true);
    expect(used).toHaveLength(1);
  });

  test('installs the package where the project has none, without its scripts', async () => {
    const source = join(folder, 'package');
    mkdirSync(source);
    const manifest = {
      name: 'cycle-scheduler',
      version,
      bin: './cli.sh',
      scripts: { postinstall: `touch '${folder}/ran'` },
    };
    writeFileSync(join(source, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(source, 'cli.sh'), '#!/bin/sh\necho "$@" >> "$CALLS"\n', { mode: 0o755 });
    execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
    const calls = join(folder, 'calls');
    const { failed, log } = await act({ mode: 'contract', package: join(folder, 'package.tgz') }, { CALLS: calls });
    expect({ failed, log }).toMatchObject({ failed: false });
    expect(readFileSync(calls, 'utf8')).toBe('contract --report-dir contract-report\n');
    expect(readdirSync(folder)).not.toContain('ran');
  });
});
