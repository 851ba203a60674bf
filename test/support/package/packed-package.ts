import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../src/shared/package.ts';

const execute = promisify(execFile);

export type Run = (
  program: string,
  args: readonly string[],
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

/** A folder of its own, as a user's project would be. */
export type Project = Disposable & {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly run: Run;
  /** The same project with more in the environment. */
  with(env: Readonly<Record<string, string>>): Project;
};

/** The package as a user gets it. */
export type PackedPackage = Disposable & {
  readonly tarball: string;
  /** Copies the folder and installs the package in it, with the other dependencies of its package.json. */
  install(folder: string): Promise<Project>;
  /** Makes a project that has nothing but its package.json, with these fields. */
  create(fields?: object): Project;
  /** Makes a project that has the package and these others, such as `vitest@3`, and no setting of anything. */
  installWith(packages: readonly string[]): Promise<Project>;
};

export const packPackage = async (): Promise<PackedPackage> => {
  const parent = mkdtempSync(join(tmpdir(), 'cycle-packed-'));
  // The container may run as any user, and each may read what is mounted.
  chmodSync(parent, 0o755);
  // `npm test` has built it: another build would write under the eyes of a test that packs it, too.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', parent];
  const { stdout } = await runIn(packageRoot, cleanEnv())('npm', pack);
  const tarball = join(parent, parseFilename(stdout));
  let serial = 0;
  const openNext = (): Project => {
    serial += 1;
    const folder = join(parent, String(serial));
    mkdirSync(folder);
    return openProject(folder, cleanEnv());
  };
  const create = (fields: object = {}): Project => {
    const project = openNext();
    const manifest = { name: 'trial', private: true, type: 'module', ...fields };
    writeFileSync(join(project.folder, 'package.json'), JSON.stringify(manifest));
    return project;
  };
  // What scripts of the Docker client's libraries compile takes longer than all the rest, and must not be needed.
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--save-dev'];
  const npmInstall = ({ run }: Project, ...packages: readonly string[]) =>
    run('npm', ['install', ...flags, tarball, ...packages]);
  return {
    tarball,
    create,
    install: async (source) => {
      const project = openNext();
      cpSync(source, project.folder, { recursive: true });
      await npmInstall(project);
      return project;
    },
    installWith: async (packages) => {
      const project = create();
      await npmInstall(project, ...packages);
      return project;
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  };
};

/** After what scripts of the package print, and as a list or, since npm 12, by name. */
const parseFilename = (stdout: string): string => {
  const filename = /"filename": "([^"]+)"/.exec(stdout)?.[1];
  if (filename === undefined) throw new Error(`npm pack printed no file name:\n${stdout}`);
  return filename;
};

/** With the Node that runs this before any other, and without the variables that npm and vitest set for this process alone. */
export const cleanEnv = (): NodeJS.ProcessEnv => {
  const ownAffairs = /^(npm_.*|VITEST.*|NODE_TEST.*|NODE_ENV|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/;
  const inherited = Object.entries(process.env).filter(([name]) => !ownAffairs.test(name));
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  return { ...Object.fromEntries(inherited), PATH };
};

/** A folder that commands run in and that goes with the disposal. */
export const openProject = (folder: string, env: NodeJS.ProcessEnv): Project => ({
  folder,
  env,
  run: runIn(folder, env),
  with: (more) => openProject(folder, { ...env, ...more }),
  [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
});

const runIn =
  (cwd: string, env: NodeJS.ProcessEnv): Run =>
  async (program, args) => {
    const options = { cwd, env, maxBuffer: 16 * 2 ** 20 };
    return await execute(program, [...args], options).catch((error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}\n${error.stderr ?? ''}`, { cause: error });
    });
  };
