import type { ImageInspectInfo } from 'dockerode';
import type { ImageProgress, ImageSource, PullPolicy, RegistryCredentials } from '../../port.ts';
import { type DockerConnection, readJsonLines } from '../engine/connection.ts';
import {
  ignoreStatus,
  isDisconnection,
  toImageError,
  toPullError,
  toUnreachable,
  unreachable,
} from '../engine/docker-errors.ts';
import type { InFlight } from '../session/in-flight.ts';

/** Completes an image reference with the tag the docker CLI would assume; a digest or a tag is left as it is. */
export const normaliseReference = (reference: string): string => {
  const trimmed = reference.trim();
  // A colon before the last slash is a registry's port.
  const name = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  return /[:@]/.test(name) ? trimmed : `${trimmed}:latest`;
};

/** What was asked for: which image, when it is fetched or built, and where its progress goes. */
type Wanted = {
  readonly source: ImageSource;
  readonly policy: PullPolicy;
  readonly onProgress: (progress: ImageProgress) => void;
};

/**
 * Makes an image available as the policy says and answers its ID. The ID and not the name, so that every container of a
 * session runs the same image even if the name is pulled or built again meanwhile.
 *
 * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
 */
const provideImage = async (
  connection: DockerConnection,
  { source, policy, onProgress }: Wanted,
  signal: AbortSignal,
): Promise<string> => {
  const image = source.type === 'registry' ? normaliseReference(source.reference) : source.tag;
  const provide = async (): Promise<string | null> => {
    if (source.type === 'dockerfile') {
      // With gRPC and Go's regular expressions, for stacks that build alone.
      const { buildImage, findBuiltImage } = await import('./build/build-image.ts');
      if (policy === 'never') return await findBuiltImage(connection, source);
      return await buildImage(connection, source, { fresh: policy === 'always', signal }, onProgress);
    }
    if (policy === 'always' || (policy === 'missing' && (await findImage(connection, image)) === null)) {
      await pullImage(connection, image, source.credentials, onProgress, signal);
    }
    return (await findImage(connection, image))?.Id ?? null;
  };
  const id = await provide();
  if (id === null) throw toMissing(source, image);
  onProgress({ image, step: 'ready', fraction: 1 });
  return id;
};

/** An image of the engine, null where it has none of that name. */
export const findImage = async (
  { docker, endpoint }: DockerConnection,
  image: string,
): Promise<ImageInspectInfo | null> => {
  const found = docker.getImage(image).inspect().catch(ignoreStatus(404));
  return (await found.catch(unreachable(endpoint))) ?? null;
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

/** `id` is the one it has in the engine now. */
type Provided = { readonly wanted: Wanted; id: string; restoring: Promise<void> | null };

/** The images of a session, by the IDs that were given out for them. */
export class ProvidedImages {
  readonly #connection: DockerConnection;
  readonly #inFlight: InFlight;
  readonly #images = new Map<string, Provided>();
  /** How often one was made available again. */
  restored = 0;

  constructor(connection: DockerConnection, inFlight: InFlight) {
    this.#connection = connection;
    this.#inFlight = inFlight;
  }

  /** As `provideImage` does, and remembers how. */
  async provide(wanted: Wanted, signal: AbortSignal): Promise<string> {
    const id = await provideImage(this.#connection, wanted, signal);
    this.#images.set(id, { wanted, id, restoring: null });
    return id;
  }

  /** What the engine calls the image now that was given out under this ID. */
  currentId(id: string): string {
    return this.#images.get(id)?.id ?? id;
  }

  /**
   * Provides an image again if it was removed: as its policy says, but from what is here where that will do; for all who
   * ask at the same time once. One that was not provided here it leaves be.
   *
   * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
   */
  async restore(id: string): Promise<void> {
    const image = this.#images.get(id);
    if (image === undefined) return;
    image.restoring ??= this.#restore(image).finally(() => {
      image.restoring = null;
    });
    await image.restoring;
  }

  async #restore(image: Provided): Promise<void> {
    if ((await findImage(this.#connection, image.id)) !== null) return;
    const policy = image.wanted.policy === 'always' ? 'missing' : image.wanted.policy;
    image.id = await this.#inFlight.make(`image ${image.id}`, (closing) =>
      provideImage(this.#connection, { ...image.wanted, policy }, closing),
    );
    this.restored += 1;
  }
}

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
