import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasProcess } from './answers.ts';
import type { Engine } from './engine.ts';
import { ignoreStatus, retryOnReset } from './engine-errors.ts';

export type OwnContainer = {
  readonly dockerId: string;
  /** When it was started: the same container started again is another run. */
  readonly startedAt: string;
  /** False where it uses the network of the host or of another container: then it cannot be put on one more. */
  readonly canJoinNetworks: boolean;
};

/** Null where this process runs in no container, or in one of another engine. */
export const findOwnContainer = async (engine: Engine): Promise<OwnContainer | null> => {
  const name = parseOwnId(readMounts()) ?? parseShortId(hostname());
  return name === null ? null : await loadContainer(engine, name);
};

/** Whether the run of a container that `toLife` describes goes on. */
export const isAlive = async (engine: Engine, life: string): Promise<boolean> => {
  const found = await loadContainer(engine, containerOf(life));
  return found !== null && toLife(found) === life;
};

/** One run of a container in one word for a label. */
export const toLife = ({ dockerId, startedAt }: OwnContainer): string => `${dockerId} ${startedAt}`;

/** The container whose run it is or was. */
export const containerOf = (life: string): string => life.split(' ')[0] ?? '';

const loadContainer = async ({ docker }: Engine, name: string): Promise<OwnContainer | null> => {
  try {
    const { Id, State, HostConfig } = await retryOnReset(() => docker.getContainer(name).inspect());
    if (!hasProcess(State.Status)) return null;
    const canJoinNetworks = !/^(?:host|none|container:.*)$/.test(HostConfig.NetworkMode ?? '');
    return { dockerId: Id, startedAt: State.StartedAt, canJoinNetworks };
  } catch (error) {
    ignoreStatus(404)(error);
    return null;
  }
};

/** Engines mount a file of the container's own folder as its /etc/hostname, also where cgroups show no IDs. */
export const parseOwnId = (mounts: string): string | null =>
  /\/([0-9a-f]{64})\/(?:userdata\/)?hostname \/etc\/hostname /.exec(mounts)?.[1] ?? null;

/** The default name of a container is the beginning of its ID. */
const parseShortId = (name: string): string | null => (/^[0-9a-f]{12}$/.test(name) ? name : null);

const readMounts = (): string => {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
};
