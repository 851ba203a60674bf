import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

type Words = Readonly<Record<string, string>>;

/** A step of a workflow or a composite action. */
export type Step = {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Words;
  readonly env?: Words;
  readonly run?: string;
  readonly 'working-directory'?: string;
};

/** What expressions may name, such as `inputs`. */
type Contexts = Readonly<Record<string, unknown>>;

/** What is there once all steps are done, of which those with `uses` do nothing. */
export type Outcome = {
  readonly failed: boolean;
  readonly log: string;
  /** By the steps' IDs. */
  readonly outputs: Readonly<Record<string, Words>>;
  /** What the steps have set for those after them. */
  readonly env: Words;
  readonly summary: string;
  readonly used: readonly { readonly uses: string; readonly with: Words }[];
};

/** Runs the steps as GitHub's runner does: in order, until one fails, then only those with `always()`. */
export const runSteps = async (
  steps: readonly Step[],
  options: { readonly folder: string; readonly contexts: Contexts; readonly env: NodeJS.ProcessEnv },
): Promise<Outcome> => {
  const temporary = mkdtempSync(join(options.folder, 'runner-'));
  const file = (name: string): string => {
    const path = join(temporary, name);
    writeFileSync(path, '', { flag: 'a' });
    return path;
  };
  const summary = file('summary.md');
  const outcome = { failed: false, log: '', outputs: {} as Record<string, Words>, env: {} as Words };
  const used: { uses: string; with: Words }[] = [];
  for (const [index, step] of steps.entries()) {
    const contexts = {
      ...options.contexts,
      steps: Object.fromEntries(Object.entries(outcome.outputs).map(([id, outputs]) => [id, { outputs }])),
    };
    if (!isDue(step.if ?? 'success()', contexts, outcome.failed)) continue;
    const resolved = (words: Words = {}): Words =>
      Object.fromEntries(Object.entries(words).map(([name, value]) => [name, resolve(String(value), contexts)]));
    if (step.uses !== undefined) used.push({ uses: step.uses, with: resolved(step.with) });
    if (step.run === undefined) continue;
    const script = join(temporary, `${index}.sh`);
    writeFileSync(script, step.run);
    mkdirSync(join(temporary, 'temp'), { recursive: true });
    const [ownEnv, ownOutputs] = [file(`${index}.env`), file(`${index}.outputs`)];
    const { code, printed } = await runBash(
      script,
      join(options.folder, resolve(step['working-directory'] ?? '.', contexts)),
      {
        ...options.env,
        ...outcome.env,
        ...resolved(step.env),
        ...{ RUNNER_TEMP: join(temporary, 'temp'), GITHUB_STEP_SUMMARY: summary },
        ...{ GITHUB_ENV: ownEnv, GITHUB_OUTPUT: ownOutputs },
      },
    );
    outcome.failed ||= code !== 0;
    outcome.log += printed;
    outcome.env = { ...outcome.env, ...readAssignments(ownEnv) };
    if (step.id !== undefined) outcome.outputs[step.id] = readAssignments(ownOutputs);
  }
  return { ...outcome, summary: readFileSync(summary, 'utf8'), used };
};

/** As the runner does for `shell: bash`. */
const runBash = async (script: string, cwd: string, env: NodeJS.ProcessEnv) => {
  const args = ['--noprofile', '--norc', '-eo', 'pipefail', script];
  const child = spawn('bash', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, printed: printed + said };
};

const readAssignments = (path: string): Words =>
  Object.fromEntries(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** The value of a name such as `inputs.mode`; an empty text where there is none, as on GitHub. */
const lookUp = (path: string, contexts: Contexts): string =>
  String(path.split('.').reduce<unknown>((now, name) => (now as Contexts | undefined)?.[name], contexts) ?? '');

const resolve = (value: string, contexts: Contexts): string =>
  value.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_all, path: string) => lookUp(path, contexts));

/** Of the language of expressions, what the steps use. */
const isDue = (condition: string, contexts: Contexts, failed: boolean): boolean => {
  const terms = condition.split(' && ').map((term) => {
    if (term === 'always()') return true;
    if (term === 'success()') return !failed;
    const [, path, operator, expected] = /^([\w.-]+) (==|!=) '([^']*)'$/.exec(term) ?? [];
    if (path === undefined) throw new Error(`a condition that is not understood here: ${condition}`);
    return (lookUp(path, contexts) === expected) === (operator === '==');
  });
  return terms.every(Boolean) && (!failed || condition.includes('always()'));
};
