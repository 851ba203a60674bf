import { isIPv4 } from 'node:net';
import type { Express, RequestHandler } from 'express';
import { createControl, createControlApp } from '../control/control-app.ts';
import { injectFaults } from '../faults/call-faults.ts';
import { createApp } from '../http/app.ts';
import { startHttpServer } from '../http/server.ts';
import { imitate } from '../profile/imitate.ts';
import { createRecorder, defaultRecordingLimitBytes } from '../recording/recorder.ts';
import { watchRequests } from '../recording/watched-requests.ts';
import type { EnvironmentNetwork } from '../runtime/port.ts';
import { EmulatorError } from '../shared/errors.ts';
import { type Logger, silentLogger } from '../shared/logger.ts';
import { version } from '../shared/package.ts';
import type { Stack } from '../stack/model.ts';
import { LinkCodes, pagePath, servePage } from '../ui/serve-page.ts';
import { createControlled, remembered } from './controlled.ts';
import type { Core } from './core.ts';
import { startGateway, warnOfOtherPort, whyNoGateway } from './gateway.ts';
import type { EmulatorOptions } from './public-types.ts';

type Network = Pick<EnvironmentNetwork, 'schedulerAddresses' | 'elsewhere'>;

/** Where functions, and all else on their network, reach the API. */
type FunctionSide = AsyncDisposable & {
  /** Null where no function can reach it, or none is run. */
  readonly url: string | null;
};

type FunctionSideOptions = {
  readonly app: Express;
  /** What `env-scheduler` stands for on the functions' network; nothing where there is none. */
  readonly addresses: readonly string[];
  /** The machine of the functions, where it is another: then `addresses` are those by which it reaches this machine. */
  readonly elsewhere?: string | undefined;
  /** Where the API is served already. */
  readonly host: string;
  readonly port: number;
  /** The port that `http://env-scheduler` means: 80, but where a test's user may not have that. */
  readonly expectedPort?: number;
  readonly logger: Logger;
};

/** The default URL of the API's clients. */
const expectedUrl = 'http://env-scheduler';

/**
 * Serves the API at `http://env-scheduler` for functions, so that programs in them need no other configuration than on
 * the platform. Where that cannot be, one warning says what they can use instead: most functions never call the
 * scheduler, and the others' authors read it.
 */
export const openFunctionSide = async (options: FunctionSideOptions): Promise<FunctionSide> => {
  const { addresses, port, expectedPort = 80, logger } = options;
  if (options.elsewhere !== undefined) return toSide(urlFromElsewhere(options, options.elsewhere));
  if (addresses.length === 0) return toSide(null);
  const expected = await listen(options, expectedPort);
  if (!(expected instanceof EmulatorError)) return toSide(expectedUrl, expected);

  const code = (expected.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code === 'EADDRNOTAVAIL') {
    const url = `http://host.docker.internal:${port}`;
    warn(logger, `their network is not on this machine. With Docker Desktop, let them call ${url}`);
    return toSide(url);
  }
  const why = `${reasons[code] ?? 'the emulator cannot listen on'} port ${expectedPort} of ${addresses.join(' and ')}`;
  const own = await listen(options, port);
  if (own instanceof EmulatorError) {
    warn(logger, `${why}. Free the port, or run the emulator in a container (docs/guides/in-docker.md)`);
    return toSide(null);
  }
  const url = `${expectedUrl}:${port}`;
  warn(logger, `${why}. Let them call ${url}`);
  return toSide(url, own);
};

/**
 * Nothing is opened to another machine that the user has not opened: only where the API is served at the address towards
 * it already, functions reach that.
 */
const urlFromElsewhere = (
  { addresses: [address], host, port, expectedPort = 80, logger }: FunctionSideOptions,
  elsewhere: string,
): string | null => {
  if (address !== undefined && includes(host, address)) {
    return port === expectedPort ? expectedUrl : `${expectedUrl}:${port}`;
  }
  const remedy = 'give the URL at which functions reach it with --functions-url';
  const away = `the engine is on another machine, ${elsewhere}`;
  if (address === undefined) warn(logger, `${away}. Where they can, ${remedy}`);
  else warn(logger, `${away}, and the API is not served at ${address}. Serve it with --host ${address}, or ${remedy}`);
  return null;
};

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen on',
  EADDRINUSE: 'another process has',
};

/** Listens on every address that is not served at this port already; on all of them or on none. */
const listen = async (options: FunctionSideOptions, port: number): Promise<AsyncDisposableStack | EmulatorError> => {
  await using opened = new AsyncDisposableStack();
  for (const address of options.addresses) {
    if (port === options.port && includes(options.host, address)) continue;
    try {
      opened.use(await startHttpServer({ app: options.app, host: address, port, logger: options.logger }));
    } catch (error) {
      if (error instanceof EmulatorError) return error;
      throw error;
    }
  }
  return opened.move();
};

/** Whether a server on `host` listens on the address, too: `::` means both families. */
const includes = (host: string, address: string): boolean =>
  host === address || host === '::' || (host === '0.0.0.0' && isIPv4(address));

const warn = (logger: Logger, reasonAndRemedy: string): void =>
  logger.warn({}, `Failed to serve functions at ${expectedUrl}: ${reasonAndRemedy}.`);

const toSide = (url: string | null, servers = new AsyncDisposableStack()): FunctionSide => ({
  url,
  [Symbol.asyncDispose]: () => servers.disposeAsync(),
});

/** Of the bodies that are kept beside the recording, for onlookers. */
const watchedBytesOf = ({ control, recordingLimitBytes = Number.POSITIVE_INFINITY }: EmulatorOptions): number =>
  control === false ? 0 : Math.min(4 * 2 ** 20, recordingLimitBytes);

export type Servers = Awaited<ReturnType<typeof openServers>>;

/** The page where the control API is; undefined where it is not served. */
const createPage = (codes: LinkCodes, { accessKeys }: Stack, options: EmulatorOptions): RequestHandler | undefined => {
  const { host = '127.0.0.1', control = true, ui = true, uiHosts = [], logger = silentLogger } = options;
  if (!control || !ui) return undefined;
  return servePage({ codes, accessKeys, hosts: [host, ...uiHosts], logger });
};

/** Serves the Scheduler API, and the control API beside it or on a port of its own. Disposing closes all of it. */
export const openServers = async (core: Core, stack: Stack, session: string, options: EmulatorOptions) => {
  const { host = '127.0.0.1', port = 0, control: isControlled = true, controlPort, logger = silentLogger } = options;
  const recorder = createRecorder(options.recordingLimitBytes ?? defaultRecordingLimitBytes, () =>
    logger.warn({}, 'the recording is full: later requests are not in it'),
  );
  await using opened = new AsyncDisposableStack();
  const watch = watchRequests({
    clock: core.engine.clock,
    secrets: stack.accessKeys.map(({ secret }) => secret),
    limitBytes: watchedBytesOf(options),
    limit: remembered,
  });
  const gateway = await startGateway(core, stack, options, () => watch.linked(isControlled ? recorder.linked() : null));
  if (gateway !== null) opened.use(gateway);
  const startedAt = Date.now();
  const controlled = createControlled(core, session, {
    recorder,
    gateway,
    noGateway: whyNoGateway(core, stack, options),
    requests: watch.requests,
    showBodies: watch.show,
    schedulerUrl: () => (controlPort === undefined ? null : server.url),
    startedAt,
    requestStop: options.onStopRequest ?? null,
  });
  const control = createControl(controlled, logger);
  const access = {
    service: core.service,
    accessKeys: stack.accessKeys,
    health: { version, session, startedAt },
    logger,
  };
  const codes = new LinkCodes();
  const page = createPage(codes, stack, options);
  const app = createApp({
    ...access,
    imitation: options.profile && imitate(options.profile.answers),
    // What a fault does to an answer is recorded as its caller got it, so the recorder comes first.
    beforeServing: [...(isControlled ? [recorder.middleware] : []), injectFaults(core.faults)],
    ...(isControlled ? { requestObserver: watch.observer } : {}),
    ...(isControlled && controlPort === undefined ? { page, besideApi: control } : {}),
  });

  const server = opened.use(await startHttpServer({ app, host, port, flag: '--port', logger }));
  const controlApp = createControlApp({ ...access, control, page });
  const own = { app: controlApp, host, port: controlPort ?? 0, flag: '--control-port', logger };
  const controlServer = isControlled && controlPort !== undefined ? opened.use(await startHttpServer(own)) : server;
  if (gateway !== null) warnOfOtherPort(gateway, options);
  const servers = opened.move();
  return {
    server,
    /** Null where the control API is turned off. */
    controlUrl: isControlled ? controlServer.url : null,
    /** Null where the page is not served. */
    uiUrl: page ? `${controlServer.url}${pagePath}` : null,
    codes,
    controlled,
    /** Null where no function is reached over HTTP. */
    gateway,
    /** Serves functions, too, once there is a network they are on. */
    openFunctionSide: async ({ schedulerAddresses: addresses, elsewhere }: Network): Promise<FunctionSide> =>
      servers.use(await openFunctionSide({ app, addresses, elsewhere, host, port: server.port, logger })),
    [Symbol.asyncDispose]: (): Promise<void> => servers.disposeAsync(),
  };
};
