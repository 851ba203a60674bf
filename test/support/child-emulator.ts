import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { callerAt } from './caller.ts';
import { type CliProcess, startCli } from './cli-process.ts';
import { type SampleFunction, writeSampleStack } from './sample-stack.ts';

/** What the health endpoint says: 200 and how many instances are in which state, or 503 and why. */
export type Health = {
  readonly status: number;
  readonly reason: string;
  readonly functions: readonly { readonly identifier: string; readonly size: number; readonly available: number }[];
};

/** An emulator in a process of its own, as users start it. Disposing kills it; `stop` stops it. */
export type ChildEmulator = Disposable & {
  readonly cli: CliProcess;
  readonly url: string;
  readonly session: string;
  caller(functionName: string): ReturnType<typeof callerAt>;
  health(): Promise<Health>;
  /** Resolves with the milliseconds it took until the health is as wanted, asked for as any client does. */
  until(isWanted: (health: Health) => boolean): Promise<number>;
  /** Stops it as Ctrl-C does. */
  stop(): Promise<{ readonly code: number | null; readonly stderr: string }>;
};

/** Every instance of every function waits to be claimed. */
export const isFull = ({ status, functions }: Health): boolean =>
  status === 200 && functions.every(({ size, available }) => size === available);

export const startChildEmulator = async (
  functions: Readonly<Record<string, SampleFunction>>,
  ...args: readonly string[]
): Promise<ChildEmulator> => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-child-'));
  const stack = join(folder, 'stack.json');
  writeSampleStack(stack, functions);
  const cli = startCli(['start', stack, '--port', '0', '--pull', 'never', '--json', ...args]);
  void cli.ended.then(() => rmSync(folder, { recursive: true }));
  const ready = JSON.parse(await cli.line(/"event":"ready"/)) as {
    readonly url: string;
    readonly session: string;
    readonly functions: Readonly<Record<string, string>>;
  };
  const { url, session } = ready;

  const health = async (): Promise<Health> => {
    const response = await fetch(`${url}/_emulator/health/ready`);
    const body = (await response.json()) as {
      readonly data: { readonly functions: Health['functions'] } | null;
      readonly error?: { readonly detail?: string };
    };
    return {
      status: response.status,
      reason: body.error?.detail ?? '',
      functions: body.data?.functions ?? [],
    };
  };

  return {
    cli,
    url,
    session,
    caller: (name) => callerAt(url, ready.functions[name] ?? ''),
    health,
    until: async (isWanted) => {
      const startedAt = performance.now();
      while (!isWanted(await health())) await pause(20);
      return performance.now() - startedAt;
    },
    stop: async () => {
      cli.child.kill('SIGINT');
      return await cli.ended;
    },
    [Symbol.dispose]: () => cli[Symbol.dispose](),
  };
};
