import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ContainerCreateOptions } from 'dockerode';
import { pack } from 'tar-stream';
import type { ContainerFile } from '../../shared/types.ts';
import type { ContainerSpec } from '../port.ts';
import type { DockerConnection } from './connection.ts';
import { launcherPath } from './create-options.ts';
import type { InFlight } from './in-flight.ts';
import { type Session, toSessionLabels } from './labels.ts';

/** Folders that are not there the engine makes: an entry of their own would take the place of a link. */
const tarFiles = (files: readonly ContainerFile[], folder: string): Promise<Buffer> => {
  const archive = pack();
  for (const { path, base64, mode, uid, gid } of files) {
    archive.entry(
      { name: posix.relative(folder, path), mode, uid, gid, mtime: new Date() },
      Buffer.from(base64, 'base64'),
    );
  }
  archive.finalize();
  return buffer(archive);
};

/** A volume with files, as a function's containers mount it. */
type Mount = { readonly Type: 'volume'; readonly Source: string; readonly Target: string; readonly ReadOnly: true };

/** What makes the containers of a session. */
type Containers = {
  readonly context: { readonly connection: DockerConnection; readonly session: Session; readonly inFlight: InFlight };
  create(name: string, options: ContainerCreateOptions): Promise<string>;
  remove(dockerId: string): Promise<void>;
};

/**
 * Brings a function's files into its containers: into each before its start, with the engine's archives, so that nothing the
 * engine shows has them. A root that is read-only takes no archive: there each folder with files is a volume, filled once.
 */
export class ContainerFiles {
  readonly #containers: Containers;
  /** By the files, and the image that they lie beside. Of an image that was built again its folders may differ. */
  readonly #mounts = new WeakMap<readonly ContainerFile[], { image: string; made: Promise<readonly Mount[]> }>();

  constructor(containers: Containers) {
    this.#containers = containers;
  }

  /** Puts them into a container that was made. */
  async put(dockerId: string, { files = [], limits }: ContainerSpec): Promise<void> {
    if (files.length === 0 || limits.readOnlyRoot) return;
    await this.#putInto(dockerId, files, '/');
  }

  /** What a container has to be made with. */
  mountsFor({ files = [], image, limits }: ContainerSpec): Promise<readonly Mount[]> {
    if (files.length === 0 || !limits.readOnlyRoot) return Promise.resolve([]);
    const before = this.#mounts.get(files);
    if (before?.image === image) return before.made;
    const made = this.#makeVolumes(files, image);
    this.#mounts.set(files, { image, made });
    made.catch(() => this.#mounts.delete(files));
    return made;
  }

  async #makeVolumes(files: readonly ContainerFile[], image: string): Promise<readonly Mount[]> {
    const folders = Map.groupBy(files, ({ path }) => posix.dirname(path));
    const mounts: Mount[] = [];
    for (const [folder, inFolder] of folders) {
      mounts.push({
        Type: 'volume',
        Source: await this.#makeVolume(folder, inFolder, image),
        Target: folder,
        ReadOnly: true,
      });
    }
    return mounts;
  }

  /** The engine copies into it what the image has in the folder, which it would hide else. */
  async #makeVolume(folder: string, files: readonly ContainerFile[], image: string): Promise<string> {
    const { connection, session, inFlight } = this.#containers.context;
    const labels = toSessionLabels(session);
    const Name = `cycle-${session.id}-files-${randomBytes(4).toString('hex')}`;
    return await inFlight.make(`the volume of ${folder}`, async () => {
      await connection.docker.createVolume({ Name, Labels: labels });
      const id = await this.#containers.create('files-filler', {
        Image: image,
        Entrypoint: [launcherPath],
        Labels: labels,
        HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'volume', Source: Name, Target: folder }] },
      });
      try {
        await this.#putInto(id, files, folder);
      } finally {
        await this.#containers.remove(id);
      }
      return Name;
    });
  }

  async #putInto(dockerId: string, files: readonly ContainerFile[], folder: string): Promise<void> {
    const container = this.#containers.context.connection.docker.getContainer(dockerId);
    await container.putArchive(await tarFiles(files, folder), { path: folder });
  }
}
