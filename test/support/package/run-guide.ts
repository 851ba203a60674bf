import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../src/shared/package.ts';
import { type GuideBlock, parseGuide, toOutputPattern } from './guide-blocks.ts';
import type { Project } from './packed-package.ts';

/** Where the variables that a block sets wait for the next. */
const variables = '.guide-variables';

/**
 * Does in a project what a guide says, block by block, and throws where one fails or prints something else. What it
 * names that others may have in use, such as ports, is replaced throughout.
 */
export const runGuide = async (
  guide: string,
  project: Project,
  replacements: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const written = readFileSync(join(packageRoot, 'docs/guides', guide), 'utf8');
  const text = Object.entries(replacements).reduce((now, [from, to]) => now.replaceAll(from, to), written);
  rmSync(join(project.folder, variables), { force: true });
  await using background = new AsyncDisposableStack();
  let output = '';
  for (const block of parseGuide(text)) {
    if (block.type === 'background') background.use(await startInBackground(block, project));
    else output = await follow(block, project, output);
  }
};

type Foreground = Exclude<GuideBlock, { readonly type: 'background' }>;

/** Answers what the latest command has printed. */
const follow = async (block: Foreground, { folder, run }: Project, output: string): Promise<string> => {
  if (block.type === 'run') {
    const before = `[ ! -f ${variables} ] || . ./${variables}; set -aeuo pipefail`;
    const { stdout } = await run('bash', ['-c', `${before}\n${block.script}\nexport -p >${variables}`]);
    return stdout;
  }
  if (block.type === 'file') writeFileSync(join(folder, block.path), block.text);
  else if (!toOutputPattern(block.text).test(output)) {
    throw new Error(`The guide shows\n${block.text}\nand the command prints\n${output}`);
  }
  return output;
};

const startInBackground = async (
  { script, readyWord }: Extract<GuideBlock, { readonly type: 'background' }>,
  { folder, env }: Project,
): Promise<AsyncDisposable> => {
  // A group of its own, so that the signal also reaches what the shell has started.
  const child = spawn('bash', ['-c', script], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => printed.push(String(chunk)));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(readyWord)) {
      // The output has no further reader, and a full pipe would hold it up.
      child.stdout.resume();
      return { [Symbol.asyncDispose]: () => end(child) };
    }
    printed.push(`${line}\n`);
  }
  throw new Error(`The guide's ${script.trim()} ended before it was ready:\n${printed.join('')}`);
};

const end = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'close');
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  await ended;
};
