import type { ImageProgress, RegistryCredentials } from '../../port.ts';
import { type DockerConnection, readJsonLines } from '../connection.ts';
import { isDisconnection, toPullError, toUnreachable } from '../docker-errors.ts';

export type PullMessage = {
  readonly status?: string;
  /** The layer, or the tag in the first line. */
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
};

/** The share of a layer that is done when a phase begins, and how much of it the phase is. */
const phases: Readonly<Record<string, readonly [from: number, share: number]>> = {
  'Pulling fs layer': [0, 0],
  Waiting: [0, 0],
  Downloading: [0, 0.7],
  'Verifying Checksum': [0.7, 0],
  'Download complete': [0.7, 0],
  Extracting: [0.7, 0.3],
  'Pull complete': [1, 0],
  'Already exists': [1, 0],
};

/**
 * Turns the many lines of a pull into few: one when the whole percentage changes. Layers count alike, because the sizes
 * of those that have not begun are unknown; the fraction never falls.
 */
export const createPullProgress = (image: string, onProgress: (progress: ImageProgress) => void) => {
  const layers = new Map<string, number>();
  let reported = -1;
  return ({ status, id, progressDetail }: PullMessage): void => {
    const phase = phases[status ?? ''];
    if (!phase || id === undefined) return;
    const [from, share] = phase;
    const { current = 0, total = 0 } = progressDetail ?? {};
    layers.set(id, Math.max(layers.get(id) ?? 0, from + (total > 0 ? share * Math.min(1, current / total) : 0)));
    const done = [...layers.values()].reduce((sum, layer) => sum + layer, 0);
    const percent = Math.floor((100 * done) / layers.size);
    if (percent <= reported) return;
    reported = percent;
    onProgress({ image, step: 'pull', fraction: percent / 100 });
  };
};

/**
 * Has the engine pull an image.
 *
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
export const pullImage = async (
  { docker, endpoint }: DockerConnection,
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
