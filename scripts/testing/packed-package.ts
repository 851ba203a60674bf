import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.ts';

const execute = promisify(execFile);

export type Run = (
  program: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

/** A folder of its own, as a user's project would be. */
export type Project = Disposable & { readonly folder: string; readonly run: Run };

/** The package as a user gets it. */
export type PackedPackage = Disposable & {
  /** Copies the folder and installs the package in it, with whatever else its package.json asks for. */
  install(folder: string): Promise<Project>;
};

export const packPackage = async (): Promise<PackedPackage> => {
  const parent = mkdtempSync(join(tmpdir(), 'cycle-packed-'));
  // Whoever a container runs as may look into what is mounted.
  chmodSync(parent, 0o755);
  const { stdout } = await runIn(packageRoot)('npm', ['pack', '--json', '--pack-destination', parent]);
  const tarball = join(parent, parseFilename(stdout));
  let serial = 0;
  return {
    install: async (source) => {
      serial += 1;
      const folder = join(parent, String(serial));
      cpSync(source, folder, { recursive: true });
      const run = runIn(folder);
      await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--save-dev', tarball]);
      return { folder, run, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  };
};

/** After what scripts of the package print, and as a list or, since npm 12, by name. */
const parseFilename = (stdout: string): string => {
  const filename = /"filename": "([^"]+)"/.exec(stdout)?.[1];
  if (filename === undefined) throw new Error(`npm pack told no file name:\n${stdout}`);
  return filename;
};

/** With the Node that runs this before any other, and without what npm and vitest told this process alone. */
const runIn =
  (cwd: string): Run =>
  async (program, args, env = {}) => {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_TEST)/.test(name));
    const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
    const options = { cwd, env: { ...Object.fromEntries(inherited), PATH, ...env }, maxBuffer: 16 * 2 ** 20 };
    return await execute(program, [...args], options).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}\n${error.stderr ?? ''}`, { cause: error });
    });
  };
