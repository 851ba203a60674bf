import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

/** As much of the format as the example uses. */
type Step = { readonly name?: string; readonly run?: string; readonly uses?: string; readonly if?: string };
type Job = { readonly env?: Readonly<Record<string, string>>; readonly steps: readonly Step[] };

export type Surroundings = {
  /** The checked-out project. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** What `${{ … }}` may refer to, by its whole name: `secrets.KEY`. */
  readonly context: Readonly<Record<string, string>>;
};

export type StepResult = { readonly name: string; readonly exitCode: number; readonly output: string };
export type JobResult = { readonly steps: readonly StepResult[]; readonly summary: string };

/** Runs the `run:` steps of a job as GitHub's runner does; what others have made (`uses:`) is left out. */
export const runJob = async (path: string, name: string, surroundings: Surroundings): Promise<JobResult> => {
  const { jobs } = parse(await readFile(path, 'utf8')) as { readonly jobs: Readonly<Record<string, Job>> };
  const { env = {}, steps = [] } = jobs[name] ?? {};
  const { directory, context, environment } = surroundings;
  const summaryFile = join(directory, 'step-summary.md');
  await writeFile(summaryFile, '');
  const jobEnvironment = Object.fromEntries(
    Object.entries(env).map(([variable, value]) => [variable, fillIn(value, context)]),
  );
  const results: StepResult[] = [];
  for (const { name: stepName = '', run, if: condition } of steps) {
    const hasFailed = results.some(({ exitCode }) => exitCode !== 0);
    if (run === undefined || (hasFailed && condition !== 'always()')) continue;
    const stepEnvironment = { ...environment, ...jobEnvironment, CI: 'true', GITHUB_STEP_SUMMARY: summaryFile };
    results.push({ name: stepName, ...(await runShell(fillIn(run, context), directory, stepEnvironment)) });
  }
  return { steps: results, summary: await readFile(summaryFile, 'utf8') };
};

const fillIn = (value: string, context: Surroundings['context']): string =>
  value.replaceAll(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_whole, name: string) => {
    const found = context[name];
    if (found === undefined) throw new Error(`the workflow refers to ${name}, and nothing is known of it`);
    return found;
  });

const runShell = async (script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Omit<StepResult, 'name'>> => {
  // The shell of steps that name none.
  const shell = spawn('bash', ['-e', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', (code) => resolve(code ?? 1));
  });
  const [out, err, exitCode] = await Promise.all([text(shell.stdout), text(shell.stderr), ended]);
  return { exitCode, output: out + err };
};
