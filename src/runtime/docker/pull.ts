import type { ImageProgress, RegistryCredentials } from '../port.ts';
import type { Engine } from './engine.ts';
import { isDisconnection, toUnreachable } from './engine-errors.ts';
import { toPullError } from './image-errors.ts';
import { readJsonLines } from './json-lines.ts';
import { createPullProgress, type PullMessage } from './pull-progress.ts';

/**
 * Has the engine pull an image.
 *
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
export const pullImage = async (
  { docker, endpoint }: Engine,
  image: string,
  credentials: RegistryCredentials | null,
  onProgress: (progress: ImageProgress) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const progress = createPullProgress(image, onProgress);
  try {
    const stream = await docker.createImage(credentials ? { ...credentials } : {}, {
      // The whole reference as name: the engine takes it apart itself, digests included.
      fromImage: image,
      ...(signal ? { abortSignal: signal } : {}),
    });
    for await (const message of readJsonLines<PullMessage>(stream as AsyncIterable<Buffer>)) {
      if (message.error) throw new Error(message.error);
      progress(message);
    }
  } catch (error) {
    if (isDisconnection(error)) throw toUnreachable(endpoint, error);
    throw toPullError(image, error, credentials ? [credentials.password] : []);
  }
};
