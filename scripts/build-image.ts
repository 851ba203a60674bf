// Builds the emulator's image from this checkout, with the dependencies that are installed here: no network is needed
// where the base image is present. `node scripts/build-image.ts [tag] [base image]`
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.ts';

export type ImageOptions = {
  readonly tag: string;
  /** In place of the Dockerfile's own. */
  readonly baseImage?: string | undefined;
};

/** Takes what Docker prints to stderr, so that a caller's stdout stays its own. */
export const buildEmulatorImage = ({ tag, baseImage }: ImageOptions): void => {
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-image-'));
  try {
    writeContext(contextDir);
    const base = baseImage === undefined ? [] : ['--build-arg', `BASE_IMAGE=${baseImage}`];
    execFileSync('docker', ['build', '-t', tag, ...base, contextDir], { stdio: ['ignore', process.stderr, 'inherit'] });
  } finally {
    rmSync(contextDir, { recursive: true });
  }
};

/** No .dockerignore comes along: what is written here is all wanted. */
const writeContext = (contextDir: string): void => {
  const { files } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { readonly files: string[] };
  const packed = files.filter((path) => path !== 'dist');
  const copied = ['Dockerfile', 'package.json', ...packed, ...productionDependencies()];
  for (const path of copied) cpSync(join(packageRoot, path), join(contextDir, path), { recursive: true });
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
  const build = ['-p', join(packageRoot, 'tsconfig.build.json'), '--outDir', join(contextDir, 'dist')];
  execFileSync(process.execPath, [tsc, ...build], { stdio: ['ignore', process.stderr, 'inherit'] });
};

type LockFile = {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
};

/**
 * Folders of the packages that the emulator runs on. The lock file names each with its own place, also inside one
 * another; optional ones of other platforms are not installed.
 */
const productionDependencies = (): readonly string[] => {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => existsSync(join(packageRoot, path)));
};

if (import.meta.main) {
  const [tag = 'cycle-scheduler:local', baseImage = process.env['BASE_IMAGE']] = process.argv.slice(2);
  buildEmulatorImage({ tag, baseImage });
}
