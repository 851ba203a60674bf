import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { deriveObjectId, type EnvironmentId } from '../../shared/ids.ts';
import { connectDocker, type DockerConnection, type DockerInfo, describeDocker } from './engine/connection.ts';
import { toUnreachable } from './engine/docker-errors.ts';
import { findImage, normaliseReference } from './images/images.ts';
import { makeNetwork } from './networks/network.ts';
import { identifyThisProcess } from './session/owner.ts';
import { listResources, removeResources } from './session/session-resources.ts';

/** What an engine is like, for a user who wonders whether an emulator will run there. */
export type EngineReport = {
  readonly engine: DockerInfo;
  readonly disk: { readonly folder: string; readonly freeBytes: number | null };
  readonly network: { readonly subnet: string; readonly ipv6: boolean } | EmulatorError;
  /** The architecture of each image that was asked about; null where the engine does not have it. */
  readonly images: ReadonlyMap<string, string | null>;
};

/**
 * Looks an engine over. A network is made and removed again, for no engine says otherwise what it can do, or whether
 * this user may have it done.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const diagnose = async (
  docker: string | undefined,
  version: string,
  images: readonly string[],
): Promise<EngineReport> => {
  using connection = await connectDocker(docker);
  try {
    const engine = await describeDocker(connection);
    const toArchitecture = async (image: string): Promise<readonly [string, string | null]> => [
      image,
      (await findImage(connection, normaliseReference(image)))?.Architecture ?? null,
    ];
    return {
      engine,
      disk: await measureDisk(connection),
      network: await tryNetwork(connection, version),
      images: new Map(await Promise.all(images.map(toArchitecture))),
    };
  } catch (error) {
    throw toUnreachable(connection.endpoint, error);
  }
};

/** Only where the engine's files are this machine's: of another machine's disk its API says nothing. */
const measureDisk = async ({ docker, endpoint }: DockerConnection): Promise<EngineReport['disk']> => {
  const { DockerRootDir: folder } = await docker.info();
  const isHere = endpoint.url.startsWith('unix:');
  const found = isHere ? await statfs(folder).catch(() => null) : null;
  return { folder, freeBytes: found && found.bavail * found.bsize };
};

const tryNetwork = async (connection: DockerConnection, version: string): Promise<EngineReport['network']> => {
  const id = `doctor-${randomBytes(4).toString('hex')}`;
  const session = { id, version, owner: identifyThisProcess(), ownerContainer: null, durable: null };
  const environmentId = deriveObjectId<EnvironmentId>('environment', 'doctor');
  try {
    const { number, ipv6 } = await makeNetwork({ connection, session, ownContainer: null }, environmentId, 254);
    await removeResources(connection, await listResources(connection, id));
    return { subnet: `10.${number}.0.0/16`, ipv6 };
  } catch (error) {
    return error instanceof EmulatorError
      ? error
      : new EmulatorError(errorCodes.networkUnavailable, toMessage(error), { cause: error });
  }
};
