// Compiles the gate for every architecture and writes it into the module that ships it. Run it after a change of the C
// sources, on Debian with the packages gcc and gcc-aarch64-linux-gnu.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toMessage } from '../src/errors.ts';
import { packageRoot } from '../src/package-root.ts';

/** Compilers by the engine's name of the architecture. */
const compilers = { x86_64: 'gcc', aarch64: 'aarch64-linux-gnu-gcc' } as const;

type Architecture = keyof typeof compilers;

export const architectures = Object.keys(compilers) as readonly Architecture[];

const folder = join(packageRoot, 'src/runtime/docker/gate');
const builtFile = join(folder, 'built.ts');

/** Without a C library, without anything the compiler would add by itself, and the same bytes wherever it is built. */
const flags = [
  ...['-std=c11', '-Os', '-Wall', '-Wextra', '-Werror'],
  ...['-ffreestanding', '-fno-builtin', '-fno-tree-loop-distribute-patterns', '-fno-stack-protector'],
  ...['-fno-pie', '-fno-ident', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables'],
  ...['-static', '-nostdlib', '-no-pie', '-s'],
  ...['-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,-z,noseparate-code'],
];

/** Of the C sources and the flags: what was built from others is not up to date. */
export const hashSources = (): string => {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const name of ['gate.c', 'system.h']) hash.update(readFileSync(join(folder, name)));
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

export const compileGate = (architecture: Architecture): Buffer => {
  const out = mkdtempSync(join(tmpdir(), 'cycle-gate-'));
  try {
    const options = { cwd: folder, stdio: 'pipe' } as const;
    execFileSync(compilers[architecture], [...flags, '-o', join(out, 'gate'), 'gate.c'], options);
    return readFileSync(join(out, 'gate'));
  } finally {
    rmSync(out, { recursive: true });
  }
};

const renderModule = (): string => {
  const gates = architectures.map((architecture) => {
    const compiler = findCompiler(architecture);
    if (compiler === null) {
      throw new Error(
        `Failed to build the gate for ${architecture}: there is no ${compilers[architecture]}. Install it with \`apt-get install gcc gcc-aarch64-linux-gnu\`.`,
      );
    }
    const base64 = compileGate(architecture).toString('base64');
    return `  ${architecture}: {\n    compiler: '${compiler}',\n    base64:\n      '${base64}',\n  },`;
  });
  return [
    '// The gate, compiled. Made from gate.c by scripts/build-gate.ts: do not edit. A test holds it against its source.',
    '',
    '/** Of the sources and the flags it was built from. */',
    `export const sourceHash = '${hashSources()}';`,
    '',
    '/** By the engine’s name of its architecture. */',
    'export const builtGates = {',
    ...gates,
    '} as const;',
    '',
  ].join('\n');
};

if (import.meta.main) {
  try {
    writeFileSync(builtFile, renderModule());
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
