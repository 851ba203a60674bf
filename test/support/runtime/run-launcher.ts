import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from '../../../src/runtime/docker/programs/built.ts';

const base64 = { x64: built.launcher.x86_64, arm64: built.launcher.aarch64 }[process.arch as string];

/** Where the launcher runs without a container: on Linux, on the architectures there is one for. */
export const canRunLauncher = process.platform === 'linux' && base64 !== undefined;

export type LauncherResult = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Launcher = Disposable & {
  /** Runs the launcher on a command, with these bytes on its stdin, and kills it where it does not end. */
  run(
    argv: readonly string[],
    stdin: Uint8Array,
    options?: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
  ): Promise<LauncherResult>;
  /** A folder for commands of the test's own. */
  readonly folder: string;
};

export const unpackLauncher = (): Launcher => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-gate-test-'));
  const path = join(folder, 'gate');
  writeFileSync(path, Buffer.from(base64 ?? '', 'base64'));
  chmodSync(path, 0o555);
  return {
    folder,
    run: async (argv, stdin, { env = {}, cwd = folder } = {}) => {
      const launcher = spawn(path, [...argv], { env, cwd, timeout: 60_000, killSignal: 'SIGKILL' });
      // It may end without reading all.
      launcher.stdin.on('error', () => {});
      launcher.stdin.end(stdin);
      const [stdout, stderr, [code, signal]] = await Promise.all([
        textOf(launcher.stdout),
        textOf(launcher.stderr),
        new Promise<[number | null, string | null]>((resolve) => launcher.on('close', (...ended) => resolve(ended))),
      ]);
      return { code, signal, stdout, stderr };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
};

const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};
