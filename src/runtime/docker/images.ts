import type { ImageProgress, ImageSource, PullPolicy, RegistryCredentials } from '../port.ts';
import { buildImage, findBuiltImage } from './build/build-image.ts';
import type { Engine } from './engine.ts';
import { retryOnReset, statusOf, toUnreachable } from './engine-errors.ts';
import { toImageError } from './image-errors.ts';
import { normaliseReference } from './image-reference.ts';
import { pullImage } from './pull.ts';

/**
 * Makes an image available as the policy says and answers its ID. The ID and not the name, so that every container of a
 * session runs the same image even if the name is pulled or built again meanwhile.
 *
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
export const provideImage = async (
  engine: Engine,
  source: ImageSource,
  policy: PullPolicy,
  onProgress: (progress: ImageProgress) => void,
  signal: AbortSignal,
): Promise<string> => {
  const image = source.type === 'registry' ? normaliseReference(source.reference) : source.tag;
  const id =
    source.type === 'registry'
      ? await providePulled(engine, image, source.credentials, policy, onProgress, signal)
      : policy === 'never'
        ? await findBuiltImage(engine, source)
        : await buildImage(engine, source, { fresh: policy === 'always', signal }, onProgress);
  if (id === null) throw toMissing(source, image);
  onProgress({ image, step: 'ready', fraction: 1 });
  return id;
};

const providePulled = async (
  engine: Engine,
  image: string,
  credentials: RegistryCredentials | null,
  policy: PullPolicy,
  onProgress: (progress: ImageProgress) => void,
  signal: AbortSignal,
): Promise<string | null> => {
  if (policy === 'always' || (policy === 'missing' && (await findImage(engine, image)) === null)) {
    await pullImage(engine, image, credentials, onProgress, signal);
  }
  return await findImage(engine, image);
};

/** The ID of an image of the engine, null where it has none of that name. */
export const findImage = async ({ docker, endpoint }: Engine, image: string): Promise<string | null> => {
  try {
    return (await retryOnReset(() => docker.getImage(image).inspect())).Id;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw toUnreachable(endpoint, error);
  }
};

const toMissing = (source: ImageSource, image: string) =>
  source.type === 'registry'
    ? toImageError(
        `Failed to find image ${image}`,
        'it is not in the Docker engine, and the pull policy is "never"',
        `Run \`docker pull ${image}\`, or start with the pull policy "missing"`,
      )
    : toImageError(
        `Failed to find an image built from ${source.dockerfile} in ${source.contextDir}`,
        'the Docker engine has none with exactly this content, and the pull policy "never" builds nothing',
        'Start once with the pull policy "missing", which builds it and fetches only what is missing',
      );
