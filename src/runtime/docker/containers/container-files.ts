import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ContainerCreateOptions } from 'dockerode';
import { type Header, pack } from 'tar-stream';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { ContainerFile } from '../../../shared/types.ts';
import type { ContainerSpec } from '../../port.ts';
import type { DockerConnection, DockerInfo } from '../engine/connection.ts';
import { type Session, toSessionLabels } from '../engine/labels.ts';
import { built } from '../programs/built.ts';
import type { InFlight } from '../session/in-flight.ts';
import { type Program, programFiles, programFolder, programPath } from './create-options.ts';

type Entry = Partial<Header> & {
  readonly name: string;
  readonly content: Buffer;
  readonly pax?: object;
};

export const toTar = (entries: readonly Entry[]): Promise<Buffer> => {
  const archive = pack();
  for (const { content, ...headers } of entries) archive.entry(headers, content);
  archive.finalize();
  return buffer(archive);
};

/** Folders that are not there the engine makes: an entry of their own would take the place of a link. */
const toEntries = (files: readonly ContainerFile[], folder: string): readonly Entry[] =>
  files.map(({ path, base64, mode, uid, gid }) => ({
    name: posix.relative(folder, path),
    // A header of tar's first form has room for small numbers alone, and larger ones would become another user.
    ...{ mode, uid, gid, mtime: new Date(), pax: { uid: `${uid}`, gid: `${gid}` } },
    content: Buffer.from(base64, 'base64'),
  }));

/** The file of a program in C, readable and executable for all and writable for none. */
export const toExecutable = (name: string, base64: string): Entry => ({
  ...{ name, mode: 0o555, mtime: new Date(0) },
  content: Buffer.from(base64, 'base64'),
});

/** What programs were compiled for, by what engines call it; undefined where nothing was. */
export const findArchitecture = (name: string): 'x86_64' | 'aarch64' | undefined => {
  if (name === 'x86_64' || name === 'amd64') return 'x86_64';
  return name === 'aarch64' || name === 'arm64' ? 'aarch64' : undefined;
};

/** A volume with files, as a function's containers mount it. */
type Mount = { readonly Type: 'volume'; readonly Source: string; readonly Target: string; readonly ReadOnly: true };

/** What makes the containers of a session. */
type Containers = {
  readonly context: {
    readonly connection: DockerConnection;
    readonly info: DockerInfo;
    readonly session: Session;
    readonly inFlight: InFlight;
  };
  create(name: string, options: ContainerCreateOptions): Promise<string>;
  remove(dockerId: string): Promise<void>;
};

/**
 * Brings files into containers. A function's go into each before its start, with the engine's archives, so that nothing the
 * engine shows has them. A root that is read-only takes no archive: there each folder with files is a volume, filled once. So
 * is the folder of the programs in C, on any engine, also one on another machine.
 */
export class ContainerFiles {
  readonly #containers: Containers;
  /** By the files, and the image that they lie beside. Of an image that was built again its folders may differ. */
  readonly #mounts = new WeakMap<readonly ContainerFile[], { image: string; made: Promise<readonly Mount[]> }>();
  #programs: Promise<string> | null = null;

  constructor(containers: Containers) {
    this.#containers = containers;
  }

  async put(dockerId: string, { files = [], limits }: ContainerSpec): Promise<void> {
    if (files.length === 0 || limits.readOnlyRoot) return;
    await this.#putInto(dockerId, toEntries(files, '/'), '/');
  }

  /** What a container has to be made with. */
  mountsFor({ files = [], image, limits }: ContainerSpec): Promise<readonly Mount[]> {
    if (files.length === 0 || !limits.readOnlyRoot) return Promise.resolve([]);
    const before = this.#mounts.get(files);
    if (before?.image === image) return before.made;
    const made = this.#makeMounts(files, image);
    this.#mounts.set(files, { image, made });
    made.catch(() => this.#mounts.delete(files));
    return made;
  }

  /**
   * The volume with the programs, made when it is first needed. It is the session's own, so that it goes with the session and
   * none has to trust what another put there.
   */
  programs({ image }: ContainerSpec): Promise<string> {
    this.#programs ??= this.#makePrograms(image).catch((error: unknown) => {
      this.#programs = null;
      throw error;
    });
    return this.#programs;
  }

  async #makePrograms(image: string): Promise<string> {
    const { info, session } = this.#containers.context;
    const architecture = findArchitecture(info.architecture);
    if (architecture === undefined) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to make the launcher: there is none for the engine's architecture, ${info.architecture}. Use cold instances there.`,
      );
    }
    const entries = Object.entries(programFiles).map(([program, file]) =>
      toExecutable(file, built[program as Program][architecture]),
    );
    return await this.#makeVolume(`cycle-${session.id}-gate`, programFolder, entries, image);
  }

  async #makeMounts(files: readonly ContainerFile[], image: string): Promise<readonly Mount[]> {
    const mounts: Mount[] = [];
    for (const [Target, inFolder] of Map.groupBy(files, ({ path }) => posix.dirname(path))) {
      const name = `cycle-${this.#containers.context.session.id}-files-${randomBytes(4).toString('hex')}`;
      const Source = await this.#makeVolume(name, Target, toEntries(inFolder, Target), image);
      mounts.push({ Type: 'volume', Source, Target, ReadOnly: true });
    }
    return mounts;
  }

  /**
   * Answers the volume's name. The engine unpacks files only through a container, which is never started, and copies into the
   * volume what the image has in the folder, which it would hide else.
   */
  async #makeVolume(name: string, folder: string, entries: readonly Entry[], image: string): Promise<string> {
    const { connection, session, inFlight } = this.#containers.context;
    const Labels = toSessionLabels(session);
    return await inFlight.make(`the volume of ${folder}`, async () => {
      await connection.docker.createVolume({ Name: name, Labels });
      const id = await this.#containers.create('filler', {
        Image: image,
        Entrypoint: [programPath('launcher')],
        Labels,
        HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: name, Target: folder }] },
      });
      try {
        await this.#putInto(id, entries, folder);
      } finally {
        await this.#containers.remove(id);
      }
      return name;
    });
  }

  async #putInto(dockerId: string, entries: readonly Entry[], folder: string): Promise<void> {
    const container = this.#containers.context.connection.docker.getContainer(dockerId);
    await container.putArchive(await toTar(entries), { path: folder });
  }
}
