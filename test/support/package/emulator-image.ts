import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { buildEmulatorImage } from '../../../scripts/bare-machine/build-image.ts';
import { buildNodeBaseImage } from '../../../scripts/bare-machine/node-base-image.ts';

/** Images of this machine's own making, which go with the disposal. */
export type TrialImages = Disposable & { readonly base: string };

export const buildTrialBase = async (): Promise<TrialImages> => {
  const base = `cycle-trial/node:${randomBytes(4).toString('hex')}`;
  await buildNodeBaseImage(base);
  return { base, [Symbol.dispose]: () => removeImages(base) };
};

export const buildTrialEmulator = async (): Promise<TrialImages & { readonly emulator: string }> => {
  const { base } = await buildTrialBase();
  const emulator = base.replace('/node:', '/emulator:');
  buildEmulatorImage({ tag: emulator, baseImage: base });
  return { base, emulator, [Symbol.dispose]: () => removeImages(emulator, ...buildStages(), base) };
};

/** The number of the group that may use Docker's socket. */
export const socketGroup = (): string => String(statSync('/var/run/docker.sock').gid);

/** The older builder leaves the image of each stage; BuildKit does not. */
const buildStages = (): readonly string[] =>
  execFileSync('docker', ['images', '-q', '--filter', 'dangling=true', '--filter', 'label=io.cycle.emulator.stage'], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter((id) => id !== '');

const removeImages = (...images: readonly string[]): void => {
  execFileSync('docker', ['rmi', ...images], { stdio: 'ignore' });
};
