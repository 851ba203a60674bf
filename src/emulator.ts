import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import { Engine } from './engine/engine.ts';
import type { Readiness } from './engine/service.ts';
import type { FunctionSetup } from './engine/setup.ts';
import { createAddressPlan, preferredNumberOf } from './environment/addresses.ts';
import { toFunctionSetup } from './function-setup.ts';
import { createApp } from './http/create-app.ts';
import { type Logger, silentLogger } from './http/logger.ts';
import { startHttpServer } from './http/start-http-server.ts';
import { loadApiDescription } from './openapi/load.ts';
import { type DockerRuntime, startDockerRuntime } from './runtime/docker/docker-runtime.ts';
import { pruneLeftovers } from './runtime/docker/leftovers.ts';
import type { ContainerRuntime, ImageProgress, ImageSource, PullPolicy } from './runtime/port.ts';
import { startSimulatedRuntime } from './runtime/simulated/simulated-runtime.ts';
import type { SchedulerEvent } from './scheduler/commands.ts';
import { loadStack } from './stack/load-stack.ts';
import type { FunctionSpec, Stack } from './stack/model.ts';
import { version } from './version.ts';

/** A pino logger, or what looks like one. */
export type EmulatorLogger = Logger & { readonly debug?: Logger['info'] };

export type EmulatorOptions = {
  /** Path of a stack file, or a stack read already. */
  readonly stack: string | Stack;
  /** `docker` without it; `simulated` runs no containers at all. */
  readonly runtime?: 'docker' | 'simulated';
  /** 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** 127.0.0.1 without it. */
  readonly host?: string;
  /** `missing` without it. */
  readonly pull?: PullPolicy;
  /** Docker endpoint; found as the docker CLI finds it without it. */
  readonly docker?: string;
  readonly clock?: Clock;
  readonly logger?: EmulatorLogger;
  /** Told how making images available goes on. */
  readonly onImageProgress?: (progress: ImageProgress) => void;
  /** Ends a start that is still under way; whatever it has made is removed. */
  readonly signal?: AbortSignal;
};

/** A running emulator. Disposing is `stop`. */
export interface Emulator extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly session: string;
  readonly stack: Stack;
  /** What runs the functions, for people. */
  readonly runtime: string;
  readiness(): Readiness;
  /** Calls the listener for all that happens to claims and instances until the returned function is called. */
  subscribe(listener: (event: SchedulerEvent) => void): () => void;
  /** Admits nobody any more, removes every container and network, frees the port. Once, however often it is called. */
  stop(): Promise<void>;
}

/**
 * Starts an emulator and resolves once every pool is made. Throws an EmulatorError where it cannot, and leaves nothing
 * behind then.
 */
export const startEmulator = async (options: EmulatorOptions): Promise<Emulator> => {
  const { clock = systemClock, logger = silentLogger, signal } = options;
  const stack = typeof options.stack === 'string' ? await loadStack(options.stack) : options.stack;
  const apiDescription = await loadApiDescription();
  const session = randomBytes(6).toString('hex');

  await using unfinished = new AsyncDisposableStack();
  const runtime = unfinished.use(await startRuntime(options, session, clock));
  const otherContainers = stack.otherContainers.map(({ containerId }) => containerId);
  const engine = new Engine({ serverId: stack.serverId, otherContainers }, runtime, clock);
  engine.subscribe((event) => logEvent(logger, event));
  const app = createApp({
    service: engine,
    accessKeys: stack.accessKeys,
    apiDescription,
    health: { version, session, startedAt: Date.now() },
    logger,
  });
  // The port before the pools: a busy one is found out before anything is made, and health can tell how far it is.
  const server = await startHttpServer({ app, host: options.host ?? '127.0.0.1', port: options.port ?? 0, logger });
  const stop = once(() => stopAll(engine, runtime, server));
  unfinished.defer(stop);
  await unlessAborted(signal, fillPools(engine, runtime, stack, options));
  unfinished.move();

  return {
    url: server.url,
    port: server.port,
    session,
    stack,
    runtime: describeRuntime(runtime),
    readiness: () => engine.readiness(),
    subscribe: (listener) => engine.subscribe(listener),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

const startRuntime = async (
  options: EmulatorOptions,
  session: string,
  clock: Clock,
): Promise<DockerRuntime | ContainerRuntime> => {
  if (options.runtime === 'simulated') return startSimulatedRuntime({ clock });
  await pruneDeadSessions(options);
  return await startDockerRuntime({
    session,
    version,
    ...(options.docker === undefined ? {} : { docker: options.docker }),
  });
};

/** What emulators that were killed have left would hold addresses and memory for ever. */
const pruneDeadSessions = async ({ docker, logger = silentLogger }: EmulatorOptions): Promise<void> => {
  for (const { kind, name, session } of await pruneLeftovers({ docker })) {
    logger.warn({ kind, name, session }, 'removed what an emulator left that runs no more');
  }
};

const fillPools = async (
  engine: Engine,
  runtime: ContainerRuntime,
  stack: Stack,
  { pull = 'missing', onImageProgress = () => {} }: EmulatorOptions,
): Promise<void> => {
  const { environment, functions, serverId } = stack;
  const network = await runtime.prepareNetwork(environment.id, preferredNumberOf(environment.id));
  const addresses = createAddressPlan(
    environment.id,
    network,
    functions.map(({ containerId, pool }) => ({ containerId, maxPoolSize: pool.maxPoolSize })),
  );
  const setups: FunctionSetup[] = [];
  for (const spec of functions) {
    const image = await runtime.prepareImage(toImageSource(spec, stack), pull, onImageProgress);
    setups.push(toFunctionSetup(spec, { serverId, addresses, image }));
  }
  await engine.fill(setups);
};

const toImageSource = ({ image, identifier }: FunctionSpec, { environment }: Stack): ImageSource =>
  // The environment is part of the name, so that two stacks with a `hello` each do not build over one another's image.
  image.type === 'dockerfile' ? { ...image, tag: `cycle-emulator/${identifier}:${environment.id}` } : image;

const stopAll = async (engine: Engine, runtime: ContainerRuntime, server: AsyncDisposable): Promise<void> => {
  await using _server = server;
  engine.close('the emulator is stopping');
  // Runs end before callers are sent away, so that whoever waits for a release still gets its answer.
  await runtime[Symbol.asyncDispose]();
  engine.dismissAll('the emulator has stopped');
};

/** What a person would want to see of each event, with the field names of the request log; the rest under `debug`. */
const logEvent = (logger: EmulatorLogger, event: SchedulerEvent): void => {
  const { name, at: _at, containerId, ...details } = event;
  const { instanceId, ...rest } = { instanceId: null, ...details };
  const fields = { container: containerId, instance: instanceId, ...rest };
  if (name === 'container.instance.start.failed' || name === 'container.instance.error') logger.warn(fields, name);
  else if (name === 'instance.running' || name === 'instance.ended') logger.info(fields, name);
  else logger.debug?.(fields, name);
};

/** The work's result, or the signal's reason as soon as it aborts. */
const unlessAborted = async <Result>(signal: AbortSignal | undefined, work: Promise<Result>): Promise<Result> => {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    // What the work fails with after an abort is the abort's own doing.
    work.catch(() => {});
  }
};

const once = (act: () => Promise<void>): (() => Promise<void>) => {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
};

/** What runs the functions, for people: the Docker endpoint and how it was found, or that there is none. */
const describeRuntime = (runtime: DockerRuntime | ContainerRuntime): string => {
  if (!('engine' in runtime)) return 'simulated: no containers are run';
  const { version: engineVersion, apiVersion, url, chosenBy } = runtime.engine;
  return `Docker ${engineVersion} (API ${apiVersion}) at ${url}, chosen by ${chosenBy}`;
};
