// Builds the emulator's image from this checkout, with the dependencies that are installed here: no network is needed
// where the base image is present, and on Linux not without it either. `node scripts/bare-machine/build-image.ts [tag] [base image]`
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDocker } from '../../src/runtime/docker/engine/connection.ts';
import { findImage, pullImage } from '../../src/runtime/docker/images/images.ts';
import { toMessage } from '../../src/shared/errors.ts';
import { packageRoot } from '../../src/shared/package.ts';
import { dockerBuild } from './docker-build.ts';
import { buildNodeBaseImage } from './node-base-image.ts';

export type ImageOptions = {
  readonly tag: string;
  /** In place of the Dockerfile's own. */
  readonly baseImage?: string | undefined;
};

/** Throws an EmulatorError `imageUnavailable`. */
export const buildEmulatorImage = ({ tag, baseImage }: ImageOptions): void => {
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-image-'));
  try {
    writeContext(contextDir);
    const base = baseImage === undefined ? [] : ['--build-arg', `BASE_IMAGE=${baseImage}`];
    dockerBuild(
      tag,
      [...base, contextDir],
      'Name another base, an image with Node 24 and sh: BASE_IMAGE=<image> npm run image',
    );
  } finally {
    rmSync(contextDir, { recursive: true });
  }
};

/** No .dockerignore comes along: what is written here is all wanted. */
const writeContext = (contextDir: string): void => {
  const { files } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { readonly files: string[] };
  const packed = files.filter((path) => path !== 'dist' && !path.startsWith('!'));
  const copied = ['Dockerfile', 'package.json', ...packed, ...productionDependencies()];
  for (const path of copied) cpSync(join(packageRoot, path), join(contextDir, path), { recursive: true });
  const env = { ...process.env, DIST: join(contextDir, 'dist') };
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: packageRoot,
    env,
    stdio: ['ignore', process.stderr, 'inherit'],
  });
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

const pullWithinMs = 60_000;

/**
 * The base to build on: the usual one where the engine has it or can pull it, else one of this machine's own Node.
 *
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
export const chooseBaseImage = async (usual: string, say: (line: string) => void): Promise<string> => {
  using connection = await connectDocker();
  if ((await findImage(connection, usual)) !== null) return usual;
  try {
    await pullImage(connection, usual, null, () => {}, AbortSignal.timeout(pullWithinMs));
    return usual;
  } catch (error) {
    say(`${toMessage(error)} Until then it is built on this machine's Node ${process.versions.node}.`);
    await buildNodeBaseImage(ownBase);
    return ownBase;
  }
};

const ownBase = 'cycle-scheduler/node:from-this-machine';

/** The base that the Dockerfile names. */
const usualBase = (): string =>
  /^ARG BASE_IMAGE=(\S+)/m.exec(readFileSync(join(packageRoot, 'Dockerfile'), 'utf8'))?.[1] ?? 'node:24-slim';

if (import.meta.main) {
  try {
    const [tag = 'cycle-scheduler:local', given = process.env['BASE_IMAGE'] ?? ''] = process.argv.slice(2);
    const baseImage = given === '' ? await chooseBaseImage(usualBase(), console.log) : given;
    buildEmulatorImage({ tag, baseImage });
    console.log(`Built ${tag} on ${baseImage}.`);
  } catch (error) {
    console.error(toMessage(error));
    process.exitCode = 1;
  }
}
