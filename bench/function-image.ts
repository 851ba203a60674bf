import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { findArchitecture, toTar } from '../src/runtime/docker/containers/container-files.ts';
import { built } from './first-instruction.ts';

const repo = 'cycle-bench/first-instruction';
const file = 'first-instruction';

/** An image of nothing but the program that says when it began. Disposing removes it: dispose of its containers before. */
export type FunctionImage = AsyncDisposable & { readonly name: string; readonly architecture: string };

/** The program itself, by what engines call its machine. */
export const loadProgram = (architecture: string): Buffer =>
  Buffer.from(built.firstInstruction[findArchitecture(architecture) ?? 'x86_64'], 'base64');

export const makeFunctionImage = async (): Promise<FunctionImage> => {
  const docker = new Docker();
  await removeLeftImages(docker);
  const { Architecture } = await docker.info();
  const tar = await toTar([{ name: file, mode: 0o555, mtime: new Date(0), content: loadProgram(Architecture) }]);
  const tag = String(process.pid);
  const changes = `ENTRYPOINT ["/${file}"]`;
  const progress = await docker.importImage(tar as unknown as string, { repo, tag, changes });
  await once(progress.resume(), 'end');
  const name = `${repo}:${tag}`;
  return { name, architecture: Architecture, [Symbol.asyncDispose]: () => removeImage(docker, name) };
};

/** The engine may still be removing its containers. */
const removeImage = async (docker: Docker, name: string, attempts = 40): Promise<void> => {
  try {
    await docker.getImage(name).remove();
  } catch (error) {
    if ((error as { readonly statusCode?: number }).statusCode !== 409 || attempts === 1) throw error;
    await pause(250);
    await removeImage(docker, name, attempts - 1);
  }
};

/** Of benches that were killed: the tag is the process's number. */
const removeLeftImages = async (docker: Docker): Promise<void> => {
  for (const { RepoTags } of await docker.listImages({ filters: { reference: [repo] } })) {
    for (const name of RepoTags ?? []) {
      if (!isAlive(Number(name.slice(repo.length + 1)))) await removeImage(docker, name);
    }
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/**
 * When the program began, on this machine's monotonic clock, in milliseconds; NaN where nothing of it was heard. The
 * engine must be on this machine.
 */
export const parseFirstInstruction = (printed: string): number => {
  if (printed === '') return Number.NaN;
  const nanoseconds = /\d{6,}/.exec(printed)?.[0];
  if (nanoseconds === undefined) throw new Error(`the function printed ${JSON.stringify(printed)} and no time`);
  return Number(nanoseconds) / 1e6;
};

/** The same clock, here. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
