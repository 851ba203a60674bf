// Makes a base for the emulator's image from this machine's own Node, for where the usual one cannot be pulled.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectDocker, describeDocker } from '../../src/runtime/docker/engine/connection.ts';
import { EmulatorError, errorCodes } from '../../src/shared/errors.ts';
import { architectures, baseImage, ensureBaseImage } from './base-image.ts';
import { dockerBuild } from './docker-build.ts';

/**
 * Builds `tag`: a shell and small tools, the Node that runs this, and the libraries it is linked to.
 *
 * @throws EmulatorError `imageUnavailable` where this machine's Node is none for the engine; `dockerUnreachable`
 */
export const buildNodeBaseImage = async (tag: string): Promise<void> => {
  await refuseOtherMachines();
  await ensureBaseImage();
  const contextDir = mkdtempSync(join(tmpdir(), 'cycle-node-base-'));
  try {
    const root = join(contextDir, 'root');
    put(process.execPath, join(root, 'usr/local/bin/node'));
    for (const library of librariesOf(process.execPath)) put(library, join(root, library));
    writeFileSync(join(contextDir, 'Dockerfile'), `FROM ${baseImage}\nCOPY root/ /\n`);
    dockerBuild(tag, [contextDir], 'Name another base, an image with Node 24 and sh, in BASE_IMAGE');
  } finally {
    rmSync(contextDir, { recursive: true });
  }
};

const refuseOtherMachines = async (): Promise<void> => {
  using connection = await connectDocker();
  const { architecture } = await describeDocker(connection);
  if (process.platform === 'linux' && architectures[process.arch]?.includes(architecture)) return;
  throw new EmulatorError(
    errorCodes.imageUnavailable,
    `Failed to make a base image from this machine's Node: it is for ${process.platform} on ${process.arch}, and the engine is a Linux on ${architecture}. Name an image with Node 24 and sh that the engine has: BASE_IMAGE=<image> npm run image.`,
  );
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
