import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/shared/package.ts';
import { type PackedPackage, type Project, packPackage } from '../test/support/package/packed-package.ts';
import {
  served,
  simulable,
  writeCompilerOptions,
  writeToolchainFiles,
} from '../test/support/package/toolchain-files.ts';

// The package as users get it, in fresh projects, with the tools they have and those tools' defaults. Nothing here needs
// Docker: examples.test.ts follows the guide on it.

const toolPackages = [
  'oldest-typescript@npm:typescript@5.4',
  'newest-typescript@npm:typescript@latest',
  'node20@npm:node@20',
  'node22@npm:node@22',
  'bun@1',
  'deno@2',
  'esbuild',
  'pnpm@latest',
];
const allowScripts = { node: true, bun: true, deno: true, esbuild: true, pnpm: true };

let packed: PackedPackage;
let tools: Project;
/** Has nothing but the package. */
let plain: Project;
/** Have runners of tests, the oldest and the newest that are supported. */
let older: Project;
let newer: Project;
beforeAll(async () => {
  packed = await packPackage();
  tools = packed.create({ allowScripts });
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  [plain, older, newer] = await Promise.all([
    projectWith(),
    projectWith('vitest@3', 'jest@29', 'mocha@10'),
    projectWith('vitest@5', 'jest@30', 'mocha@12'),
    tools.run('npm', ['install', ...flags, ...toolPackages]),
  ]);
}, 300_000);
afterAll(() => packed[Symbol.dispose]());

const tool = (path: string): string => join(tools.folder, 'node_modules', path);

const projectWith = async (...packages: readonly string[]): Promise<Project> => {
  const project = await packed.installWith(packages);
  writeToolchainFiles(project.folder);
  return project;
};

const cli = join('node_modules', 'cycle-scheduler', 'dist', 'src', 'cli', 'main.js');

/** What a program that fails has to say. */
const complaintOf = async (project: Project, program: string, ...args: readonly string[]): Promise<string> => {
  const failure = await project.run(program, args).catch(({ cause }: { cause: { stderr: string } }) => cause.stderr);
  if (typeof failure !== 'string') throw new Error(`${program} ${args.join(' ')} did not fail`);
  return failure;
};

const stackFrame = /^\s+at /m;

describe('the packed package', { timeout: 180_000 }, () => {
  test.for([3, 5])('serves Vitest %i', async (major) => {
    const args = ['vitest', 'run', 'runs.test.ts', '--testNamePattern', simulable];
    const { stdout } = await (major === 3 ? older : newer).run('npx', args);
    expect(stdout).toMatch(new RegExp(`v${major}\\..*Tests.*3 passed`, 's'));
  });

  test.for([29, 30])('serves Jest %i', async (major) => {
    const { run } = (major === 29 ? older : newer).with({ NODE_OPTIONS: '--experimental-vm-modules' });
    expect((await run('npx', ['jest', '--version'])).stdout).toMatch(new RegExp(`^${major}\\.`));
    expect((await run('npx', ['jest', 'runs.jest.test.js'])).stderr).toMatch(/Tests:.*1 passed/);
  });

  test.for([29, 30])('says under Jest %i what the emulator saw of a test that has failed', async (major) => {
    const project = (major === 29 ? older : newer).with({ NODE_OPTIONS: '--experimental-vm-modules' });
    const said = await complaintOf(project, 'npx', 'jest', 'fails.jest.test.js');
    expect(said).toMatch(
      /The emulator saw this of the failed test "fails":\n {2}Events:\n.* instance\.claimed {2}job /,
    );
  });

  test.for([10, 12])('serves Mocha %i', async (major) => {
    const { run } = major === 10 ? older : newer;
    expect((await run('npx', ['mocha', '--version'])).stdout).toMatch(new RegExp(`^${major}\\.`));
    expect((await run('npx', ['mocha', '--timeout', '60000', 'runs.mocha.js'])).stdout).toContain('1 passing');
  });

  test('serves node:test', async () => {
    expect((await plain.run('node', ['--test', 'runs.node.ts'])).stdout).toMatch(/pass 1\b/);
  });

  test('serves CommonJS', async () => {
    expect((await plain.run('node', ['required.cjs'])).stdout.trim()).toBe(served);
  });

  test.for([
    ['bun', []],
    ['deno', ['run', '-A']],
  ] as const)('serves %s', async ([name, start]) => {
    expect((await plain.run(tool(`.bin/${name}`), [...start, 'imported.mjs'])).stdout.trim()).toBe(served);
    expect((await plain.run(tool(`.bin/${name}`), [...start, 'watched.mjs'])).stdout.trim()).toBe('dismissed');
    const { stdout } = await plain.run(tool(`.bin/${name}`), [...start, cli, 'check', 'stack.yaml']);
    expect(stdout).toContain('is a valid stack');
  });

  test('is installed by pnpm with the settings of the guide', async () => {
    using project = packed.create();
    writeToolchainFiles(project.folder);
    const store = join(dirname(packed.tarball), 'pnpm-store');
    const args = ['add', '--save-dev', '--store-dir', store, packed.tarball];
    await project.with({ CI: 'true' }).run(tool('.bin/pnpm'), args);
    expect((await project.run('node', ['imported.mjs'])).stdout.trim()).toBe(served);
  });

  test.for(['node20', 'node22'])('says in one sentence that %s is too old', async (name) => {
    const node = tool(`${name}/bin/node`);
    const sentence = new RegExp(`: this is Node ${name.slice(4)}\\.\\d+\\.\\d+\\. Use Node 24 or newer\\.`);
    for (const args of [['imported.mjs'], ['required.cjs'], [cli, 'check', 'stack.yaml']]) {
      const complaint = await complaintOf(plain, node, ...args);
      expect(complaint).toMatch(sentence);
      expect(complaint).not.toMatch(stackFrame);
    }
  });

  test.for(['esm', 'cjs'])('works beside a bundle (%s) and says so where it was put into one', async (format) => {
    const bundle = (out: string, external: readonly string[]) => {
      const into = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${out}`];
      return plain.run(tool('.bin/esbuild'), [
        'imported.mjs',
        ...into,
        ...external.map((name) => `--external:${name}`),
      ]);
    };
    const extension = format === 'esm' ? 'mjs' : 'cjs';
    await bundle(`beside.${extension}`, ['cycle-scheduler']);
    expect((await plain.run('node', [`beside.${extension}`])).stdout.trim()).toBe(served);
    await bundle(`inside.${extension}`, ['cpu-features', '*.node']);
    const complaint = await complaintOf(plain, 'node', `inside.${extension}`);
    expect(complaint).toContain('Mark cycle-scheduler as external for the bundler.');
    expect(complaint).not.toMatch(stackFrame);
  });
});

describe('what the package holds', () => {
  const tarball = (): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(packed.tarball));

  test('is all that its package.json promises, as publint sees it', async () => {
    expect((await publint({ pack: { tarball: tarball().buffer }, strict: true })).messages).toEqual([]);
  });

  test('has types for each way of resolving that ES modules have, as arethetypeswrong sees it', async () => {
    const options = { excludeEntrypoints: ['./openapi.yaml', './control-api.yaml'] };
    const result = await checkPackage(createPackageFromTarballData(tarball()), options);
    if (result.types === false) throw new Error('the package has no types');
    const isOfEsm = (resolution: string): boolean => resolution === 'node16-esm' || resolution === 'bundler';
    const problems = result.problems.filter((one) => !('resolutionKind' in one) || isOfEsm(one.resolutionKind));
    expect(problems).toEqual([]);
  });

  test('is code without maps to sources that are not there, tests and mutants; a stale dist has to be built again', () => {
    const held = globSync('dist/**/*.*', { cwd: join(plain.folder, 'node_modules/cycle-scheduler') });
    const source = (path: string): string =>
      join(packageRoot, path.replace(/^dist/, '.').replace(/\.d\.ts$|\.js$/, '.ts'));
    expect(held.length).toBeGreaterThan(0);
    expect(held.filter((path) => /\.map$|\.test\.|mutants|reference/.test(path) || !existsSync(source(path)))).toEqual(
      [],
    );
    const importsSource = (path: string): boolean =>
      /(?:from|import\()\s*['"]\.[^'"]*\.ts['"]/.test(
        readFileSync(join(plain.folder, 'node_modules/cycle-scheduler', path), 'utf8'),
      );
    expect(held.filter((path) => path.endsWith('.js') && importsSource(path))).toEqual([]);
    // npx runs it in a checkout as it is; where it is installed, npm sees to that.
    expect(statSync(join(packageRoot, 'dist/src/cli/main.js')).mode & 0o111).toBe(0o111);
  });

  test('runs where npm ran none of its dependencies’ scripts', async () => {
    const scripts = ['cpu-features', 'ssh2'].map((name) => `node_modules/${name}/**/*.node`);
    expect(globSync(scripts, { cwd: plain.folder })).toEqual([]);
    // Says so by means of the Docker client.
    const unreachable = plain.run('node', [cli, 'doctor', '--docker', 'unix:///no/such.sock']);
    await expect(unreachable).rejects.toThrow(/Failed to reach Docker at unix:\/\/\/no\/such\.sock.*ENOENT/);
  });
});

describe('the types of the packed package, without those of Node and the DOM', { timeout: 180_000 }, () => {
  test.for(['oldest-typescript', 'newest-typescript'])('satisfy the %s', async (compiler) => {
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['node16', 'node16'],
      ['esnext', 'bundler'],
    ] as const) {
      writeCompilerOptions(plain.folder, module, moduleResolution);
      await plain.run('node', [tool(`${compiler}/bin/tsc`), '-p', '.']);
    }
  });
});
