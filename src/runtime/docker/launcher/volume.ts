import { buffer } from 'node:stream/consumers';
import type { ContainerCreateOptions } from 'dockerode';
import { pack } from 'tar-stream';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { DockerConnection } from '../connection.ts';
import { removeContainer } from '../container-api.ts';
import { namePrefix, type Session, toSessionLabels } from '../labels.ts';
import { built } from './built.ts';

/** A tar archive of one file, readable and executable for all and writable for none. */
export const tarExecutable = (name: string, content: Buffer): Promise<Buffer> => {
  const archive = pack();
  archive.entry({ name, mode: 0o555, mtime: new Date(0) }, content);
  archive.finalize();
  return buffer(archive);
};

const folder = '/.cycle-gate';
const file = 'gate';

/** Where containers that have the volume find the launcher. */
export const launcherPath = `${folder}/${file}`;

/** How a container mounts the launcher's volume. Nothing of the image can be in it, so nothing is copied. */
export const mountLauncher = (volume: string) => ({
  Type: 'volume' as const,
  Source: volume,
  Target: folder,
  ReadOnly: true,
  VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
});

export type NamedOptions = ContainerCreateOptions & { readonly name: string };

/** Answers the container's ID. */
export type CreateContainer = (options: NamedOptions) => Promise<string>;

/** By what engines call the architecture of their machine. */
const launchers = new Map<string, string>([
  ['x86_64', built.x86_64.base64],
  ['amd64', built.x86_64.base64],
  ['aarch64', built.aarch64.base64],
  ['arm64', built.aarch64.base64],
]);

/**
 * Makes a volume with the launcher in it and answers its name. A volume, because it also reaches containers whose root
 * is read-only and engines on other machines; the session's own, so that it goes with the session and none has to trust
 * what another put there. The image only lends its name to the container that the engine unpacks files through.
 */
export const makeLauncherVolume = async (
  connection: DockerConnection,
  createContainer: CreateContainer,
  session: Session,
  architecture: string,
  image: string,
): Promise<string> => {
  const launcher = launchers.get(architecture);
  if (launcher === undefined) {
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make the launcher: there is none for the engine's architecture, ${architecture}. Use cold instances there.`,
    );
  }
  const { docker } = connection;
  const name = `cycle-${session.id}-gate`;
  const labels = toSessionLabels(session);
  await docker.createVolume({ Name: name, Labels: labels });
  const id = await createContainer({
    name: `${namePrefix(session)}-gate-filler`,
    Image: image,
    Entrypoint: [launcherPath],
    Labels: labels,
    HostConfig: { NetworkMode: 'none', Mounts: [{ ...mountLauncher(name), ReadOnly: false }] },
  });
  const archive = await tarExecutable(file, Buffer.from(launcher, 'base64'));
  try {
    await docker.getContainer(id).putArchive(archive, { path: folder });
  } finally {
    await removeContainer(connection, id);
  }
  return name;
};
