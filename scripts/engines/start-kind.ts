import pLimit from 'p-limit';
import { ensureBaseImage } from '../bare-machine/base-image.ts';
import { startDocker29 } from './docker-29.ts';
import type { EngineKind } from './engines.ts';
import { loadFacts } from './facts.ts';
import { type RunningEngine, startEngine } from './start-engine.ts';
import { type UnpackOptions, unpackEngine } from './unpack.ts';

/** Gets an engine, starts it, gives it the base image and, where it is to pass for Docker 29, the proxy. */
export const startKind = (options: UnpackOptions): ((kind: EngineKind) => Promise<RunningEngine>) => {
  // Engines of one suite share a folder, and apt serves one caller at a time.
  const oneByOne = pLimit(1);
  const roots = new Map<string, Promise<string>>();
  const unpack = (kind: EngineKind): Promise<string> => {
    const root = roots.get(kind.suite) ?? oneByOne(() => unpackEngine(kind, options));
    roots.set(kind.suite, root);
    return root;
  };
  return async (kind) => {
    await using parts = new AsyncDisposableStack();
    const engine = parts.use(await startEngine(kind, await unpack(kind), options.signal));
    await ensureBaseImage({ docker: `unix://${engine.socket}` });
    const dressed = kind.as29 ? await dress(engine, parts) : engine;
    const kept = parts.move();
    return { ...dressed, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  };
};

const dress = async (engine: RunningEngine, parts: AsyncDisposableStack): Promise<RunningEngine> => {
  const socket = `${engine.socket}.29`;
  parts.use(await startDocker29(engine.socket, socket));
  return { ...engine, socket, facts: await loadFacts(socket) };
};
