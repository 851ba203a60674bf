import type { Engine } from '../engine/engine.ts';
import type { StateFile } from '../engine/state-file.ts';
import { withCallFaults } from '../faults/call-faults.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { Stack } from '../stack/model.ts';
import type { Core } from './core.ts';
import { toGatewayAccess } from './gateway.ts';
import { claimInstance } from './held-claim.ts';
import { invokeFunction } from './invoke.ts';
import { readLogs } from './logs.ts';
import type { EmulatedFunction, Emulator } from './public-types.ts';
import type { Servers } from './servers.ts';
import { describeRuntime } from './start-runtime.ts';

/** The functions of a stack as a running engine has them. */
const createFunctions = (stack: Stack, engine: Engine): Pick<Emulator, 'functions' | 'function'> => {
  const byName = new Map(
    stack.functions.map(({ identifier: name, containerId: id }): [string, EmulatedFunction] => [
      name,
      {
        name,
        id,
        get counts() {
          return engine.countsOf(id);
        },
        instances: () => engine.instancesOf(id),
      },
    ]),
  );
  return {
    functions: Object.fromEntries(byName),
    function: (name) => {
      const found = byName.get(name);
      if (found !== undefined) return found;
      const names = [...byName.keys()].join(', ');
      throw new EmulatorError(
        errorCodes.badOption,
        `Failed to find the function "${name}": the stack has ${names === '' ? 'no functions' : `only ${names}`}. Name one of the stack's containers whose deploy.strategy is "function".`,
      );
    },
  };
};

type Parts = {
  readonly core: Core;
  readonly stack: Stack;
  readonly session: string;
  readonly state: StateFile | null;
  readonly servers: Servers;
  readonly functionsUrl: string | null;
  readonly stop: () => Promise<void>;
};

/** What a user holds in hand. */
export const toEmulator = ({ core, stack, session, state, servers, functionsUrl, stop }: Parts): Emulator => {
  const { engine, events, clock, faults, reset } = core;
  const functions = createFunctions(stack, engine);
  const kept = state && describeState(state, engine);
  const inProcess = { ...core, service: withCallFaults(core.service, faults) };
  return {
    url: servers.server.url,
    functionsUrl,
    publishedHost: core.runtime.publishedHost,
    port: servers.server.port,
    controlUrl: servers.controlUrl,
    accessKey: stack.accessKeys[0]?.secret ?? '',
    session,
    stack,
    state: kept,
    runtime: describeRuntime(core.runtime),
    ...functions,
    ...toGatewayAccess(servers.gateway),
    events,
    clock,
    faults,
    claim: async (name, options) => await claimInstance(inProcess, functions.function(name), options),
    invoke: async (name, options) => await invokeFunction(inProcess, functions.function(name), options),
    logs: (instanceId) => readLogs(engine, instanceId),
    reset,
    readiness: () => engine.readiness(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

/** Nothing has been claimed yet but what an earlier process has granted. */
const describeState = ({ path }: StateFile, engine: Engine): NonNullable<Emulator['state']> => {
  const { functions } = engine.readiness();
  const sum = (count: 'claimed' | 'active'): number => functions.reduce((total, counts) => total + counts[count], 0);
  return { path, claims: sum('claimed'), runs: sum('active') };
};
