import { createControl, createControlApp } from '../control/control-app.ts';
import type { Controlled } from '../control/control-target.ts';
import { spoilRequests } from '../faults/request-faults.ts';
import { createApp } from '../http/create-app.ts';
import { type HttpServer, startHttpServer } from '../http/start-http-server.ts';
import { loadApiDescription } from '../openapi/load.ts';
import { reviseRequestErrors, toAnswerOverrides } from '../profile/imitate.ts';
import { createRecorder, defaultRecordingLimitBytes } from '../recording/recorder.ts';
import type { EnvironmentNetwork } from '../runtime/port.ts';
import { lazily } from '../shared/async.ts';
import { silentLogger } from '../shared/logger.ts';
import { version } from '../shared/package.ts';
import type { Stack } from '../stack/model.ts';
import { createControlled, observeRequests } from './control.ts';
import type { Core } from './core.ts';
import { type FunctionSide, openFunctionSide } from './function-side.ts';
import type { EmulatorOptions } from './options.ts';

/** Where an emulator is reached. Disposing closes all of it. */
export type Doors = AsyncDisposable & {
  readonly server: HttpServer;
  /** Null where the control API is turned off. */
  readonly controlUrl: string | null;
  readonly controlled: Controlled;
  /** Serves functions, too, once there is a network they are on. */
  openFunctionSide(network: Pick<EnvironmentNetwork, 'schedulerAddresses' | 'elsewhere'>): Promise<FunctionSide>;
};

/** Once for all emulators of the process, so that they share its validator. */
const readDescription = lazily(() => loadApiDescription());

/** Serves the Scheduler API, and the control API beside it or on a port of its own. */
export const openDoors = async (
  core: Core,
  stack: Stack,
  session: string,
  options: EmulatorOptions,
): Promise<Doors> => {
  const { host = '127.0.0.1', port = 0, control: isControlled = true, controlPort, logger = silentLogger } = options;
  const recorded = options.profile?.answers ?? {};
  const apiDescription = await readDescription();
  const recorder = createRecorder(options.recordingLimitBytes ?? defaultRecordingLimitBytes, () =>
    logger.warn({}, 'the recording is full: later requests are not in it'),
  );
  const controlled = createControlled(core, session, recorder);
  const control = createControl(controlled, logger);
  const access = {
    service: core.service,
    accessKeys: stack.accessKeys,
    health: { version, session, startedAt: Date.now() },
    logger,
  };
  const app = createApp({
    ...access,
    apiDescription,
    answerOverrides: toAnswerOverrides(recorded),
    reviseError: reviseRequestErrors(recorded),
    // What a fault does to an answer is recorded as its caller got it, so the recorder comes first.
    beforeServing: [...(isControlled ? [recorder.middleware] : []), spoilRequests(core.faults)],
    requestObserver: observeRequests(controlled),
    ...(isControlled && controlPort === undefined ? { besideApi: control } : {}),
  });

  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startHttpServer({ app, host, port, logger }));
  const own = { app: createControlApp({ ...access, control }), host, port: controlPort ?? 0, logger };
  const controlServer = isControlled && controlPort !== undefined ? opened.use(await startHttpServer(own)) : server;
  const doors = opened.move();
  return {
    server,
    controlUrl: isControlled ? controlServer.url : null,
    controlled,
    openFunctionSide: async ({ schedulerAddresses: addresses, elsewhere }) =>
      doors.use(await openFunctionSide({ app, addresses, elsewhere, host, port: server.port, logger })),
    [Symbol.asyncDispose]: () => doors.disposeAsync(),
  };
};
