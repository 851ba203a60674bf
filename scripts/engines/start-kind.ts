import { ensureBaseImage } from '../base-image.ts';
import type { EngineKind } from './engines.ts';
import { type RunningEngine, startEngine } from './start-engine.ts';
import { type UnpackOptions, unpackEngine } from './unpack.ts';

/** Gets an engine, starts it, gives it the base image and, where it is to pass for Docker 29, the proxy. */
export const startKind =
  (options: UnpackOptions) =>
  async (kind: EngineKind): Promise<RunningEngine> => {
    const root = await unpackEngine(kind, options);
    await using parts = new AsyncDisposableStack();
    const engine = parts.use(await startEngine(kind, root, options.signal));
    await ensureBaseImage({ docker: `unix://${engine.socket}` });
    const kept = parts.move();
    return { ...engine, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  };
