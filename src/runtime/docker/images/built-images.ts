import { EmulatorError, errorCodes } from '../../../shared/errors.ts';
import { builtImagePrefix } from '../../port.ts';
import { connectDocker } from '../engine/connection.ts';
import { ignoreStatus, reasonOf, toUnreachable } from '../engine/docker-errors.ts';
import { labels } from '../engine/labels.ts';

export type PrunedImages = {
  /** Names of those that were removed, or would be; the ID of one that has no name. */
  readonly removed: readonly string[];
  readonly used: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: EmulatorError }[];
};

export type PruneImagesOptions = {
  /** Which engine; see `loadEndpoint`. */
  readonly docker?: string | undefined;
  readonly dryRun?: boolean;
  /** Names of containers that count as gone. */
  readonly without?: readonly string[];
  /** Which images; all that are labelled as built without it. */
  readonly label?: string;
};

/**
 * Removes the images that emulators have built, in whichever session, and that no container uses. A start that needs one
 * builds it again, from the engine's cache.
 *
 * @throws EmulatorError `dockerUnreachable`, `badOption`
 */
export const pruneImages = async (options: PruneImagesOptions = {}): Promise<PrunedImages> => {
  const { dryRun = false, without = [], label = labels.content } = options;
  using connection = await connectDocker(options.docker);
  const { docker, endpoint } = connection;
  try {
    const [images, containers] = await Promise.all([
      docker.listImages({ filters: { label: [label] } }),
      docker.listContainers({ all: true }),
    ]);
    const living = containers.filter(({ Names }) => !Names.some((name) => without.includes(name.replace(/^\//, ''))));
    const inUse = new Set(living.map(({ ImageID }) => toHex(ImageID)));
    const found = images.map(({ Id, RepoTags }) => ({ isUsed: inUse.has(toHex(Id)), names: namesOf(Id, RepoTags) }));
    const removed: string[] = [];
    const failed: { name: string; error: EmulatorError }[] = [];
    for (const name of found.filter(({ isUsed }) => !isUsed).flatMap(({ names }) => names)) {
      try {
        if (!dryRun) await docker.getImage(name).remove().catch(ignoreStatus(404));
        removed.push(name);
      } catch (error) {
        failed.push({ name, error: toRemovalError(name, error) });
      }
    }
    return { removed, used: found.filter(({ isUsed }) => isUsed).flatMap(({ names }) => names), failed };
  } catch (error) {
    throw toUnreachable(endpoint, error);
  }
};

/** Podman gives IDs without the name of their digest. */
const toHex = (id: string): string => id.replace(/^sha256:/, '');

/**
 * An image goes with the last of its names; Docker says `<none>` where there is none, Podman nothing. Names that emulators have
 * not given are others': an image that is built upon one of ours inherits its labels.
 */
const namesOf = (id: string, tags: readonly string[] | null | undefined): readonly string[] => {
  const names = (tags ?? []).filter((name) => !name.includes('<none>'));
  return names.length === 0 ? [id] : names.filter((name) => `/${name}`.includes(`/${builtImagePrefix}`));
};

const toRemovalError = (name: string, error: unknown): EmulatorError =>
  new EmulatorError(
    errorCodes.imageUnavailable,
    `Failed to remove image ${name}: ${reasonOf(error)}. Remove it with \`docker image rm ${name}\`.`,
    { cause: error },
  );
