import type { ImageProgress, ImageSource, PullPolicy } from '../port.ts';
import type { Engine } from './engine.ts';
import { provideImage } from './images.ts';

type Provided = {
  readonly source: ImageSource;
  readonly policy: PullPolicy;
  readonly onProgress: (progress: ImageProgress) => void;
  /** The ID it has in the engine now. */
  id: string;
  again: Promise<void> | null;
};

/** The images of a session, by the IDs that were given out for them. */
export class ProvidedImages {
  readonly #engine: Engine;
  readonly #images = new Map<string, Provided>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** As `provideImage` does, and remembers how. */
  async provide(
    source: ImageSource,
    policy: PullPolicy,
    onProgress: (progress: ImageProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const id = await provideImage(this.#engine, source, policy, onProgress, signal);
    this.#images.set(id, { source, policy, onProgress, id, again: null });
    return id;
  }

  /** What the engine calls the image now that was given out under this ID. */
  currentId(id: string): string {
    return this.#images.get(id)?.id ?? id;
  }

  /**
   * Provides a removed image again: as its policy says, but from what is here where
   * that will do; for all who ask at the same time once. Answers false for an image that was not provided here.
   *
   * @throws EmulatorError `imageUnavailable`, `dockerUnreachable`
   */
  async provideAgain(id: string, signal: AbortSignal): Promise<boolean> {
    const image = this.#images.get(id);
    if (image === undefined) return false;
    image.again ??= this.#provideAgain(image, signal).finally(() => {
      image.again = null;
    });
    await image.again;
    return true;
  }

  async #provideAgain(image: Provided, signal: AbortSignal): Promise<void> {
    const { source, policy, onProgress } = image;
    image.id = await provideImage(this.#engine, source, policy === 'always' ? 'missing' : policy, onProgress, signal);
  }
}
