import { randomBytes } from 'node:crypto';
import { baseImage, ensureBaseImage } from '../../../scripts/bare-machine/base-image.ts';
import {
  type DockerRuntime,
  type DockerRuntimeOptions,
  startDockerRuntime,
} from '../../../src/runtime/docker/docker-runtime.ts';
import { connectDocker, type DockerConnection, describeDocker } from '../../../src/runtime/docker/engine/connection.ts';
import { isKept, labels, sessionFilter } from '../../../src/runtime/docker/engine/labels.ts';
import { whyNotWarm } from '../../../src/runtime/docker/engine/quirks.ts';
import { listResources, removeResources } from '../../../src/runtime/docker/session/session-resources.ts';
import type { ContainerSpec } from '../../../src/runtime/port.ts';
import { type Sample, sampleContainer, sampleEnvironmentId } from './sample-container.ts';

/** A runtime of its own in the engine, and a look at what it does there. */
export type DockerSession = AsyncDisposable & {
  readonly id: string;
  readonly runtime: DockerRuntime;
  readonly spec: (sample?: Sample) => ContainerSpec;
  /** All that a container has printed, both streams in order. */
  output(dockerId: string): Promise<string>;
  inspect(dockerId: string): ReturnType<ReturnType<DockerConnection['docker']['getContainer']>['inspect']>;
  /** Its containers, but for those that are kept for a look. */
  list(): Promise<readonly ListedContainer[]>;
  /** Names of all that the session, or another, has in the engine. */
  left(sessionId?: string): Promise<readonly string[]>;
  /** Removes it without the runtime. */
  removeAll(sessionId?: string): Promise<void>;
  readonly connection: DockerConnection;
};

export type ListedContainer = {
  readonly dockerId: string;
  readonly instanceId: string;
  readonly state: string;
  readonly isSandbox: boolean;
};

/** As the engine has them: one that waits behind the launcher runs. */
export const listContainersOf = async (sessionId: string): Promise<readonly ListedContainer[]> => {
  using connection = await connectDocker();
  const containers = await connection.docker.listContainers({ all: true, filters: sessionFilter(sessionId) });
  return containers
    .filter(({ Names }) => !Names.some(isKept))
    .map(({ Id, State, Labels }) => ({
      dockerId: Id,
      instanceId: Labels[labels.instance] ?? '',
      state: State,
      isSandbox: labels.sandbox in Labels,
    }));
};

/** Whether instances of the engine of the environment can be warm. */
export const canBeWarm = async (): Promise<boolean> => {
  using connection = await connectDocker();
  return whyNotWarm((await describeDocker(connection)).product) === null;
};

/** Fails, and says why, where there is no engine or no base image: a test that did not run has not passed. */
export const startDockerSession = async (options: Partial<DockerRuntimeOptions> = {}): Promise<DockerSession> => {
  await ensureBaseImage();
  const id = options.session ?? `test-${randomBytes(4).toString('hex')}`;
  const connection = await connectDocker();
  const runtime = await startDockerRuntime({ version: '0.0.0-test', ...options, session: id });
  const network = await runtime.prepareNetwork(sampleEnvironmentId, 211);
  return {
    id,
    runtime,
    connection,
    spec: (sample) => sampleContainer(baseImage, network, sample),
    output: async (dockerId) => {
      const raw = await connection.docker.getContainer(dockerId).logs({ stdout: true, stderr: true });
      return demultiplex(raw);
    },
    inspect: (dockerId) => connection.docker.getContainer(dockerId).inspect(),
    list: () => listContainersOf(id),
    left: async (sessionId = id) => (await listResources(connection, sessionId)).map(({ name }) => name),
    removeAll: async (sessionId = id) => removeResources(connection, await listResources(connection, sessionId)),
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      connection[Symbol.dispose]();
    },
  };
};

/** The engine frames what a container prints: a byte for the stream, three of padding, four of length. */
const demultiplex = (raw: Buffer): string => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    chunks.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(chunks).toString();
};
