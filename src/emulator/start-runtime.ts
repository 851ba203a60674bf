import type { StateFile } from '../engine/state-file.ts';
import type { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import type { OverridableRuntime } from '../runtime/planned-ends.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import { startWatchdog } from '../runtime/watchdog/start-watchdog.ts';
import type { Clock } from '../shared/clock.ts';
import { silentLogger } from '../shared/logger.ts';
import { version } from '../shared/package.ts';
import type { EmulatorOptions } from './public-types.ts';

export type RuntimeOptions = EmulatorOptions & {
  /** Where `functionsUrl` says that the scheduler is, as far as that is an address. */
  readonly schedulerAddress: string | null;
};

type Started = AsyncDisposable & {
  readonly runtime: DockerRuntime | OverridableRuntime;
  /** What earlier processes of the session have left is this one's now, to be removed with the rest. */
  confirmResume(): void;
};

/** The runtime that was asked for: Docker, watched over, or one that runs nothing. Disposing disposes of it. */
export const startRuntime = async (
  options: RuntimeOptions,
  session: string,
  state: StateFile | null,
  clocks: { readonly clock: Clock; readonly graceClock: Clock },
): Promise<Started> => {
  if (options.runtime === 'simulated') {
    const runtime = new SimulatedRuntime(clocks);
    return { runtime, confirmResume: () => {}, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
  }
  // Loaded only here: the client takes longer to load than all of an emulator without Docker does to start.
  const { startDockerRuntime } = await import('../runtime/docker/docker-runtime.ts');
  await pruneDeadSessions(options, session);
  const { docker, schedulerAddress, watchdog: isWatched = true, logger = silentLogger } = options;
  const durable = state === null ? undefined : { stateFile: state.path, epoch: state.epoch };
  const runtime = await startDockerRuntime({
    session,
    version,
    docker,
    schedulerAddress,
    durable,
    graceClock: clocks.graceClock,
  });
  runtime.subscribe((event) => {
    if (event.type === 'unavailable') logger.warn({ reason: event.reason }, 'Docker is away');
    else if (event.type === 'available') logger.info({}, 'Docker is back');
    else if (event.type === 'network-left') {
      logger.warn({ reason: event.reason }, 'a network is left until Docker has been restarted');
    } else {
      const fields = { container: event.functionId, reason: event.reason };
      if (event.type === 'not-hot') logger.warn(fields, 'hot instances are unavailable, so all instances are cold');
      else logger.info(fields, 'warm instances are unavailable, so starts take longer');
    }
  });
  // With a state file, what a killed emulator leaves is not left over: the next one goes on with it.
  const watchdog =
    isWatched && state === null
      ? startWatchdog({ session, endpoint: runtime.endpoint }, (reason) =>
          logger.warn({ reason }, 'no watchdog: if this process is killed, its containers stay until the next start'),
        )
      : null;
  return {
    runtime,
    confirmResume: () => runtime.confirmResume(),
    [Symbol.asyncDispose]: async () => {
      await runtime[Symbol.asyncDispose]();
      // Only now is nothing left for it to remove.
      await watchdog?.[Symbol.asyncDispose]();
    },
  };
};

/** A start need not wait for longer: what is in use still, the next one removes. */
const sweepPatienceMs = 500;

/**
 * What emulators that were killed have left would hold addresses and memory for ever. What earlier processes of this
 * session have left is not theirs to lose, even where their state file has been moved since.
 */
const pruneDeadSessions = async (
  { docker, logger = silentLogger }: EmulatorOptions,
  session: string,
): Promise<void> => {
  const { pruneLeftovers } = await import('../runtime/docker/session/leftovers.ts');
  const { leftovers, failed } = await pruneLeftovers({
    docker,
    kept: false,
    spare: session,
    patienceMs: sweepPatienceMs,
  });
  for (const { kind, name, session } of leftovers) {
    logger.warn({ kind, name, session }, 'removed leftovers of an emulator that no longer runs');
  }
  for (const { error } of failed) {
    logger.warn({ reason: error.message }, 'leftovers of an emulator that no longer runs cannot be removed');
  }
};

/** What runs the functions, for people: the engine, its endpoint and how it was found, or that there is none. */
export const describeRuntime = (runtime: DockerRuntime | OverridableRuntime): string => {
  if (!('engine' in runtime)) return 'simulated: no containers run';
  const { product, version: engineVersion, apiVersion, url, chosenBy } = runtime.engine;
  return `${product} ${engineVersion} (API ${apiVersion}) at ${url}, chosen by ${chosenBy}`;
};
