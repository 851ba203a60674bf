import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What runs the command line from its source. */
export const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A `cycle-scheduler` process; disposing kills it where it still runs. */
export type CliProcess = Disposable & {
  readonly child: ChildProcess;
  /** Resolves with the first line that fits, of stdout unless said otherwise; rejects where the process ends before. */
  line(pattern: RegExp, from?: 'stdout' | 'stderr'): Promise<string>;
  /** Resolves once the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
};

/** Runs the command line from its source, as the package's scripts do. */
export const startCli = (args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess => {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
      for (const watch of watchers) watch();
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return {
    child,
    ended,
    line: (pattern, from = 'stdout') =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = output[from].split('\n').find((line) => pattern.test(line));
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
        void ended.then(() => reject(new Error(`ended without the line ${pattern}: ${output.stdout}${output.stderr}`)));
      }),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
};
