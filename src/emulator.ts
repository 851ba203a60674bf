import { randomBytes } from 'node:crypto';
import { loadControlDescription } from './control/control-description.ts';
import { createControl } from './control/create-control.ts';
import { createControlApp } from './control/create-control-app.ts';
import { claimInstance } from './emulator/claim.ts';
import { createEmulatorClock } from './emulator/clock.ts';
import { createControlled, observeRequests } from './emulator/control.ts';
import { fillPools } from './emulator/fill-pools.ts';
import { openFunctionSide } from './emulator/function-side.ts';
import { createFunctions } from './emulator/functions.ts';
import type { Emulator, EmulatorEvent } from './emulator/interface.ts';
import { invokeFunction } from './emulator/invoke.ts';
import { logEvent } from './emulator/log-event.ts';
import { createLogs } from './emulator/logs.ts';
import type { EmulatorOptions } from './emulator/options.ts';
import { resolveStack } from './emulator/resolve-stack.ts';
import { describeRuntime, startRuntime } from './emulator/start-runtime.ts';
import { unlessAborted } from './emulator/unless-aborted.ts';
import { Engine } from './engine/engine.ts';
import { Work } from './engine/work.ts';
import { preferredNumberOf } from './environment/addresses.ts';
import { createEventSource } from './event-stream.ts';
import { createApp } from './http/create-app.ts';
import { refuseExposureWithoutKeys } from './http/exposed-host.ts';
import { silentLogger } from './http/logger.ts';
import { startHttpServer } from './http/start-http-server.ts';
import { createMovableClock } from './movable-clock.ts';
import { loadApiDescription } from './openapi/load.ts';
import { version } from './version.ts';

export type { Emulator, EmulatorEvent } from './emulator/interface.ts';
export type { EmulatorLogger, EmulatorOptions } from './emulator/options.ts';

/**
 * Starts an emulator and resolves once every pool is made. Throws an EmulatorError where it cannot, and leaves nothing
 * behind then.
 */
export const startEmulator = async (options: EmulatorOptions): Promise<Emulator> => {
  const { clock = createMovableClock(), logger = silentLogger, signal } = options;
  const stack = await resolveStack(options.stack);
  refuseExposureWithoutKeys(options.host ?? '127.0.0.1', stack.accessKeys);
  const [apiDescription, controlDescription] = await Promise.all([loadApiDescription(), loadControlDescription()]);
  const session = randomBytes(6).toString('hex');
  const work = new Work();

  await using unfinished = new AsyncDisposableStack();
  const started = unfinished.use(await startRuntime(options, session, work.watch(clock)));
  const { runtime } = started;
  const otherContainers = stack.otherContainers.map(({ containerId }) => containerId);
  const engine = new Engine({ serverId: stack.serverId, otherContainers }, runtime, clock, work);
  const events = createEventSource<EmulatorEvent>();
  engine.subscribe((event) => events.emit(event));
  events.subscribe((event) => logEvent(logger, event));
  const emulatorClock = createEmulatorClock(clock, work);
  const logs = createLogs(engine);
  const reset = async (): Promise<void> => {
    clock.resume();
    await engine.reset();
  };
  const controlled = createControlled({ session, engine, events, clock: emulatorClock, reset, logs });
  const control = createControl(controlled, controlDescription, logger);
  const { control: isControlled = true, controlPort } = options;
  const access = { service: engine, accessKeys: stack.accessKeys, health: { version, session, startedAt: Date.now() } };
  const app = createApp({
    ...access,
    apiDescription,
    logger,
    requestObserver: observeRequests(controlled),
    ...(isControlled && controlPort === undefined ? { besideApi: control } : {}),
  });
  // The port before the pools: a busy one is found out before anything is made, and health can tell how far it is.
  const host = options.host ?? '127.0.0.1';
  const server = await startHttpServer({ app, host, port: options.port ?? 0, logger });
  const servers = unfinished.use(new AsyncDisposableStack());
  servers.use(server);
  const controlServer =
    isControlled && controlPort !== undefined
      ? await startHttpServer({
          app: createControlApp({ ...access, control, logger }),
          host,
          port: controlPort,
          logger,
        })
      : null;
  servers.use(controlServer);
  const stop = once(async () => {
    await stopAll(engine, started, servers, () => {
      events.end();
      controlled.events.end();
    });
  });
  unfinished.defer(stop);
  const { id } = stack.environment;
  const network = await unlessAborted(signal, runtime.prepareNetwork(id, preferredNumberOf(id)));
  const { schedulerAddresses: addresses } = network;
  const functionSide = servers.use(await openFunctionSide({ app, addresses, host, port: server.port, logger }));
  await unlessAborted(signal, fillPools(engine, runtime, network, stack, options));
  unfinished.move();

  const functions = createFunctions(stack, engine);
  const parts = { engine, events };
  return {
    url: server.url,
    functionsUrl: functionSide.url,
    port: server.port,
    controlUrl: isControlled ? (controlServer ?? server).url : null,
    accessKey: stack.accessKeys[0]?.secret ?? '',
    session,
    stack,
    runtime: describeRuntime(runtime),
    ...functions,
    events,
    clock: emulatorClock,
    claim: async (name, claiming) => await claimInstance(parts, functions.function(name), claiming),
    invoke: async (name, invoking) => await invokeFunction(parts, functions.function(name), invoking),
    logs,
    reset,
    readiness: () => engine.readiness(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

const stopAll = async (
  engine: Engine,
  runtime: AsyncDisposable,
  servers: AsyncDisposable,
  endEvents: () => void,
): Promise<void> => {
  await using _servers = servers;
  engine.close('the emulator is stopping');
  // Runs end before callers are sent away, so that whoever waits for a release still gets its answer.
  await runtime[Symbol.asyncDispose]();
  engine.dismissAll('the emulator has stopped');
  // Who follows events keeps a connection open until they end.
  endEvents();
};

const once = (act: () => Promise<void>): (() => Promise<void>) => {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
};
