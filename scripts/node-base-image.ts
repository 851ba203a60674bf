// Makes a base for the emulator's image from this machine's own Node, for where the usual one cannot be pulled.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseImage, ensureBaseImage } from './base-image.ts';

/** Builds `tag`: a shell and small tools, the Node that runs this, and the libraries it is linked to. */
export const buildNodeBaseImage = async (tag: string): Promise<void> => {
  await ensureBaseImage();
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-node-base-'));
  try {
    const root = join(contextDir, 'root');
    put(process.execPath, join(root, 'usr/local/bin/node'));
    for (const library of librariesOf(process.execPath)) put(library, join(root, library));
    writeFileSync(join(contextDir, 'Dockerfile'), `FROM ${baseImage}\nCOPY root/ /\n`);
    execFileSync('docker', ['build', '-t', tag, contextDir], { stdio: ['ignore', process.stderr, 'inherit'] });
  } finally {
    rmSync(contextDir, { recursive: true });
  }
};

const put = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
};

/** Absolute paths, with that of the dynamic linker: `libm.so.6 => /lib/libm.so.6 (0x…)` and `/lib64/ld.so (0x…)`. */
const librariesOf = (program: string): readonly string[] =>
  execFileSync('ldd', [program], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
