// Compiles the programs in C for every architecture and writes them into the modules that ship them. Run it after a
// change of their sources, on Debian with the packages gcc and gcc-aarch64-linux-gnu.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toMessage } from '../src/shared/errors.ts';
import { packageRoot } from '../src/shared/package.ts';

const launcherFolder = 'src/runtime/docker/launcher';

/** Paths from the package's root: of the source, of what it includes, of the module. */
export const programs = {
  launcher: {
    source: `${launcherFolder}/launcher.c`,
    included: [`${launcherFolder}/system.h`],
    module: `${launcherFolder}/built.ts`,
  },
  probe: {
    source: 'src/runtime/docker/probe/probe.c',
    included: [`${launcherFolder}/system.h`],
    module: 'src/runtime/docker/probe/built.ts',
  },
  sandbox: {
    source: 'src/runtime/docker/sandbox/sandbox.c',
    included: [`${launcherFolder}/system.h`],
    module: 'src/runtime/docker/sandbox/built.ts',
  },
  firstInstruction: {
    source: 'bench/first-instruction.c',
    included: [`${launcherFolder}/system.h`],
    module: 'bench/first-instruction.ts',
  },
} as const;

export type Program = (typeof programs)[keyof typeof programs];

/** Compilers by the engine's name of the architecture. */
const compilers = { x86_64: 'gcc', aarch64: 'aarch64-linux-gnu-gcc' } as const;

export type Architecture = keyof typeof compilers;

export const architectures = Object.keys(compilers) as readonly Architecture[];

/** Without a C library, without anything the compiler would add by itself, and the same bytes wherever it is built. */
const flags = [
  ...['-std=c11', '-Os', '-Wall', '-Wextra', '-Werror'],
  ...['-ffreestanding', '-fno-builtin', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector'],
  ...['-fno-pie', '-fno-ident', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables'],
  ...['-static', '-nostdlib', '-no-pie', '-s'],
  ...['-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,-z,noseparate-code'],
];

/** Of the sources and the flags: what was built from others is not up to date. */
export const hashSources = ({ source, included }: Program): string => {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const path of [source, ...included]) hash.update(readFileSync(join(packageRoot, path)));
  return hash.digest('hex');
};

/** The compiler's name and version; null where it is not installed. Another version may make other bytes. */
export const findCompiler = (architecture: Architecture): string | null => {
  try {
    return execFileSync(compilers[architecture], ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? null;
  } catch {
    return null;
  }
};

export const compile = ({ source }: Program, architecture: Architecture): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-native-'));
  const output = join(folder, 'program');
  try {
    execFileSync(compilers[architecture], [...flags, '-o', output, source], { cwd: packageRoot, stdio: 'pipe' });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const renderModule = (program: Program): string => {
  const entries = architectures.map((architecture) => {
    const compiler = findCompiler(architecture);
    if (compiler === null) {
      throw new Error(
        `Failed to build ${program.source} for ${architecture}: there is no ${compilers[architecture]}. Install it with \`apt-get install gcc gcc-aarch64-linux-gnu\`.`,
      );
    }
    const base64 = compile(program, architecture).toString('base64');
    return `  ${architecture}: {\n    compiler: '${compiler}',\n    base64:\n      '${base64}',\n  },`;
  });
  return [
    `// ${program.source}, compiled by scripts/build-native.ts: do not edit. A test compares it with its source.`,
    '',
    '/** Of the sources and the flags it was built from. */',
    `export const sourceHash = '${hashSources(program)}';`,
    '',
    '/** By the engine’s name of its architecture. */',
    'export const built = {',
    ...entries,
    '} as const;',
    '',
  ].join('\n');
};

if (import.meta.main) {
  try {
    for (const program of Object.values(programs)) {
      writeFileSync(join(packageRoot, program.module), renderModule(program));
    }
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
