// Compiles the programs in C for every architecture and writes them into the modules that ship them. Run it after a
// change of their sources, on Debian with the packages gcc and gcc-aarch64-linux-gnu.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toMessage } from '../src/shared/errors.ts';
import { packageRoot } from '../src/shared/package.ts';

const folder = 'src/runtime/docker/programs';
const included = `${folder}/system.h`;

/** Paths from the package's root: of a program's source, and of the module that it goes into. */
export const programs = {
  launcher: { source: `${folder}/launcher.c`, module: `${folder}/built.ts` },
  probe: { source: `${folder}/probe.c`, module: `${folder}/built.ts` },
  sandbox: { source: `${folder}/sandbox.c`, module: `${folder}/built.ts` },
  firstInstruction: { source: 'bench/first-instruction.c', module: 'bench/first-instruction.ts' },
} as const;

export type Program = (typeof programs)[keyof typeof programs];

/** Compilers by the engine's name of the architecture. */
const commands = { x86_64: 'gcc', aarch64: 'aarch64-linux-gnu-gcc' } as const;

export type Architecture = keyof typeof commands;

export const architectures = Object.keys(commands) as readonly Architecture[];

/** Without a C library, without anything the compiler would add by itself, and the same bytes wherever it is built. */
const flags = [
  ...['-std=c11', '-Os', '-Wall', '-Wextra', '-Werror'],
  ...['-ffreestanding', '-fno-builtin', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector'],
  ...['-fno-pie', '-fno-ident', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables'],
  ...['-static', '-nostdlib', '-no-pie', '-s'],
  ...['-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,-z,noseparate-code'],
];

/** Of the sources and the flags: what was built from others is not up to date. */
export const hashSources = ({ source }: Program): string => {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const path of [source, included]) hash.update(readFileSync(join(packageRoot, path)));
  return hash.digest('hex');
};

/** The compiler's name and version; null where it is not installed. Another version may make other bytes. */
export const findCompiler = (architecture: Architecture): string | null => {
  try {
    return execFileSync(commands[architecture], ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? null;
  } catch {
    return null;
  }
};

export const compile = ({ source }: Program, architecture: Architecture): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-native-'));
  const output = join(folder, 'program');
  try {
    execFileSync(commands[architecture], [...flags, '-o', output, source], { cwd: packageRoot, stdio: 'pipe' });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const renderModule = (module: Program['module']): string => {
  const entries = Object.entries(programs)
    .filter(([, program]) => program.module === module)
    .flatMap(([name, program]) => [
      `  ${name}: {`,
      `    sourceHash: '${hashSources(program)}',`,
      ...architectures.flatMap((architecture) => [
        `    ${architecture}:`,
        `      '${compile(program, architecture).toString('base64')}',`,
      ]),
      '  },',
    ]);
  return [
    '// Programs in C, compiled by scripts/build-native.ts: do not edit. A test compares them with their sources.',
    '',
    '/** By the engine’s name of the architecture. */',
    'export const commands = {',
    ...architectures.map((architecture) => `  ${architecture}: '${loadCompiler(architecture)}',`),
    '} as const;',
    '',
    '/** Each in base64, and a hash of the sources and the flags it was built from. */',
    'export const built = {',
    ...entries,
    '} as const;',
    '',
  ].join('\n');
};

const loadCompiler = (architecture: Architecture): string => {
  const found = findCompiler(architecture);
  if (found !== null) return found;
  throw new Error(
    `Failed to build for ${architecture}: there is no ${commands[architecture]}. Install it with \`apt-get install gcc gcc-aarch64-linux-gnu\`.`,
  );
};

if (import.meta.main) {
  try {
    const modules = new Set(Object.values(programs).map(({ module }) => module));
    for (const module of modules) writeFileSync(join(packageRoot, module), renderModule(module));
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
