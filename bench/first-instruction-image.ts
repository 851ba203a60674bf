import { once } from 'node:events';
import type Docker from 'dockerode';
import { tarExecutable } from '../src/runtime/docker/gate/tar-file.ts';
import { built } from './first-instruction.ts';

const repo = 'cycle-bench/first-instruction';
const file = 'first-instruction';

/** Makes an image of nothing but the program that says when it began, and answers its name. */
export const makeFirstInstructionImage = async (docker: Docker): Promise<string> => {
  const { Architecture } = await docker.info();
  const { base64 } = built[Architecture === 'aarch64' || Architecture === 'arm64' ? 'aarch64' : 'x86_64'];
  const changes = `ENTRYPOINT ["/${file}"]`;
  const tar = tarExecutable(file, Buffer.from(base64, 'base64'));
  const progress = await docker.importImage(tar as unknown as string, { repo, tag: 'latest', changes });
  await once(progress.resume(), 'end');
  return `${repo}:latest`;
};

/** When the program began, on this machine's monotonic clock, in milliseconds. The engine must be on this machine. */
export const parseFirstInstruction = (printed: string): number => {
  const nanoseconds = /\d{6,}/.exec(printed)?.[0];
  if (nanoseconds === undefined) throw new Error(`the function printed ${JSON.stringify(printed)} and no time`);
  return Number(nanoseconds) / 1e6;
};

/** The same clock, here. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
