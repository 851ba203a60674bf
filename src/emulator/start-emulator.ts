import { randomBytes } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import { StateFile } from '../engine/state-file.ts';
import { refuseExposureWithoutKeys } from '../http/access-key.ts';
import { lazily, unlessAborted } from '../shared/async.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { findLogs, readLogs } from './controlled.ts';
import { type Core, startCore } from './core.ts';
import { parseFunctionsUrl } from './functions-url.ts';
import { releaseAbandoned, toGatewayAccess } from './gateway.ts';
import { claimInstance } from './in-process-claim.ts';
import { invokeFunction } from './invoke.ts';
import { type LifecycleMessage, lifecycle, seenBy } from './lifecycle.ts';
import { checkOptions, resolveStack } from './options.ts';
import { GivenAway, prepareFunctions, prepareNetwork, warnOfDropped, whileNetworkIsUp } from './pools.ts';
import type { EmulatedFunction, Emulator, EmulatorOptions } from './public-types.ts';
import type { ReloadParts } from './reload.ts';
import type { Reload } from './reload-types.ts';
import { openServers, type Servers } from './servers.ts';
import { describeRuntime } from './start-runtime.ts';

export type { Emulator, EmulatorEvent, EmulatorLogger, EmulatorOptions } from './public-types.ts';

/**
 * Starts an emulator and resolves once every pool is made. Throws an EmulatorError where it cannot, and leaves nothing
 * behind then but its state file, and the functions that ran by it before.
 */
export const startEmulator = async (options: EmulatorOptions): Promise<Emulator> => {
  checkOptions(options);
  await using unfinished = new AsyncDisposableStack();
  const given = options.functionsUrl === undefined ? null : parseFunctionsUrl(options.functionsUrl);
  const state = options.state === undefined ? null : unfinished.use(new StateFile(options.state));
  const session = state?.session ?? randomBytes(6).toString('hex');
  // In the caller's own turn, so that a listener sees who it is.
  lifecycle.publish({ session, type: 'begin' } satisfies LifecycleMessage);
  unfinished.defer(() => lifecycle.publish({ session, type: 'end' } satisfies LifecycleMessage));
  const stack = await resolveStack(options);
  refuseExposureWithoutKeys(options.host ?? '127.0.0.1', stack.accessKeys);
  const core = unfinished.use(
    await startCore(stack, session, state, { ...options, schedulerAddress: given?.address ?? null }),
  );
  // The port before the pools: a busy one is found out before anything is made, and health can show how far it is.
  const servers = unfinished.use(await openServers(core, stack, session, options));
  const stop = lazily(async () => {
    await using _servers = servers;
    core.engine.close('the emulator is stopping');
    try {
      // Runs end before callers are sent away, so that each caller that waits for a release still gets its answer.
      await core[Symbol.asyncDispose]();
      await core.engine.keepEnds();
    } finally {
      // Also where Docker is away or will not remove something: what may run on is the next start's then.
      await core.engine.dismissAll('the emulator has stopped');
      // What callers hold and have not spawned stays in it, for a start before their leases end.
      state?.[Symbol.dispose]();
      // A reader of events keeps a connection open until they end.
      core.events.end();
      servers.controlled.events.end();
      servers.controlled.requests.end();
      lifecycle.publish({ session, type: 'end' } satisfies LifecycleMessage);
    }
  });
  unfinished.defer(stop);
  // A start that fails leaves its state file, and the functions that run, to the next one.
  unfinished.defer(() => state?.[Symbol.dispose]());

  const { engine, runtimeWithFaults: runtime } = core;
  const network = await unlessAborted(options.signal, prepareNetwork(runtime, stack, options));
  const givenAway = new GivenAway();
  const preparing = prepareFunctions(runtime, network, stack, options, givenAway);
  const functions = await unlessAborted(options.signal, preparing);
  if (state !== null) warnOfDropped(state, functions, options);
  const open = () => servers.openFunctionSide(network);
  const opening = given ?? whileNetworkIsUp(core.runtime, network, functions, open);
  const { url: functionsUrl } = await unlessAborted(options.signal, Promise.resolve(opening));
  await unlessAborted(options.signal, engine.fill(functions));
  core.confirmResume();
  if (state !== null) await releaseAbandoned(core);
  unfinished.move();
  const parts = { core, network, given: givenAway, options, hasGateway: servers.gateway !== null };
  const loadReload = lazily(() => importReload(parts));
  const reload: Reload = async (...changed) => await (await loadReload())(...changed);
  core.live.reload = reload;
  return toEmulator({ core, session, state, servers, functionsUrl, reload, stop: stopWithFailedTest(stop) });
};

/** Apart, for where `using` is compiled the compiler leaves the extension of an import as it is. */
const importReload = async (parts: ReloadParts): Promise<Reload> => (await import('./reload.ts')).createReload(parts);

/**
 * Under node:test, an emulator that a test has started is stopped when that test fails, and one that a file has started
 * outside of its tests when the file throws: `stop` is never called then, and node:test, unlike other
 * runners, waits for all that a file has left open, for ever. Elsewhere it is as it was: an emulator serves until it is
 * stopped.
 */
const stopWithFailedTest = (stop: () => Promise<void>): (() => Promise<void>) => {
  if (!isNodeTestLoaded()) return stop;
  // The runner catches what tests throw; only the end of a file's own code comes here as an unhandled rejection.
  const onUncaught = (_error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void => {
    if (origin === 'unhandledRejection') void stop().catch(() => undefined);
  };
  process.on('uncaughtExceptionMonitor', onUncaught);
  // A suite has no error of its own, and often shares an emulator with the next.
  const { after } = process.getBuiltinModule('node:test');
  after((context) => ('error' in context && context.error ? stop() : undefined));
  return () => {
    process.off('uncaughtExceptionMonitor', onUncaught);
    return stop();
  };
};

/** To load it for the question would make a test file of every program. */
const isNodeTestLoaded = (): boolean => {
  const { moduleLoadList = [] } = process as { readonly moduleLoadList?: readonly string[] };
  return moduleLoadList.includes('NativeModule test');
};

/** The functions of the stack as a running engine has them. */
const functionsOf = ({ live, engine }: Core): ReadonlyMap<string, EmulatedFunction> =>
  new Map(
    live.stack.functions.map(({ identifier: name, containerId: id }): [string, EmulatedFunction] => [
      name,
      {
        name,
        id,
        get counts() {
          return engine.views.countsOf(id);
        },
        instances: () => engine.views.instancesOf(id),
      },
    ]),
  );

const findFunction = (core: Core, name: string): EmulatedFunction => {
  const byName = functionsOf(core);
  const found = byName.get(name);
  if (found !== undefined) return found;
  const names = [...byName.keys()].join(', ');
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to find the function "${name}": the stack has ${names === '' ? 'no functions' : `only ${names}`}. Name one of the stack's containers whose deploy.strategy is "function".`,
  );
};

type Parts = {
  readonly core: Core;
  readonly session: string;
  readonly state: StateFile | null;
  readonly servers: Servers;
  readonly functionsUrl: string | null;
  readonly reload: Emulator['reload'];
  readonly stop: () => Promise<void>;
};

/** What a user holds in hand. */
const toEmulator = ({ core, session, state, servers, functionsUrl, reload, stop }: Parts): Emulator => {
  const { engine, events, clock, faults, reset, live } = core;
  const kept = state && describeState(state, engine);
  const emulator: Emulator = {
    url: servers.server.url,
    functionsUrl,
    publishedHost: core.runtime.publishedHost,
    port: servers.server.port,
    controlUrl: servers.controlUrl,
    uiUrl: servers.uiUrl,
    uiLink: () => servers.uiUrl && `${servers.uiUrl}#code=${servers.codes.issue()}`,
    accessKey: live.stack.accessKeys[0]?.secret ?? '',
    session,
    get stack() {
      return live.stack;
    },
    state: kept,
    runtime: describeRuntime(core.runtime),
    get functions() {
      return Object.fromEntries(functionsOf(core));
    },
    function: (name) => findFunction(core, name),
    ...toGatewayAccess(servers.gateway, servers.controlled.noGateway, () => [...functionsOf(core).keys()]),
    get domains() {
      return servers.gateway?.domains ?? [];
    },
    events,
    clock,
    faults,
    claim: async (name, options) => await claimInstance(core, findFunction(core, name), options),
    invoke: async (name, options) => await invokeFunction(core, findFunction(core, name), options),
    logs: (instanceId) => readLogs(engine, instanceId),
    reset,
    reload,
    readiness: () => engine.readiness(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  const printed = (id: string): string => findLogs(engine, id)?.text ?? '';
  seenBy.set(emulator, { ...servers.controlled, printed, secrets: live.stack.accessKeys.map(({ secret }) => secret) });
  return emulator;
};

/** Nothing has been claimed yet but what an earlier process has granted. */
const describeState = ({ path }: StateFile, engine: Engine): NonNullable<Emulator['state']> => {
  const { functions } = engine.readiness();
  const sum = (count: 'claimed' | 'active'): number => functions.reduce((total, counts) => total + counts[count], 0);
  return { path, claims: sum('claimed'), runs: sum('active') };
};
