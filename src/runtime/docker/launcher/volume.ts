import type { ContainerCreateOptions } from 'dockerode';
import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import type { DockerConnection } from '../connection.ts';
import { removeContainer } from '../container-api.ts';
import { namePrefix, type Session, toSessionLabels } from '../labels.ts';
import { built } from './built.ts';

const blockBytes = 512;

/** A tar archive of one file, readable and executable for all and writable for none. */
export const tarExecutable = (name: string, content: Uint8Array): Buffer => {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0);
  header.write('0000555\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  // The checksum is taken with blanks in its own place.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc(-content.length & (blockBytes - 1));
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * blockBytes)]);
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
  engine: DockerConnection,
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
  const { docker } = engine;
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
  try {
    await docker.getContainer(id).putArchive(tarExecutable(file, Buffer.from(launcher, 'base64')), { path: folder });
  } finally {
    await removeContainer(engine, id);
  }
  return name;
};
