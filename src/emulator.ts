import { randomBytes } from 'node:crypto';
import { startCore } from './emulator/core.ts';
import { fillPools } from './emulator/fill-pools.ts';
import type { Emulator } from './emulator/interface.ts';
import { tellBeginning } from './emulator/lifecycle.ts';
import { openDoors } from './emulator/open-doors.ts';
import type { EmulatorOptions } from './emulator/options.ts';
import { resolveStack } from './emulator/resolve-stack.ts';
import { toEmulator } from './emulator/to-emulator.ts';
import { unlessAborted } from './emulator/unless-aborted.ts';
import { preferredNumberOf } from './environment/addresses.ts';
import { refuseExposureWithoutKeys } from './http/exposed-host.ts';
import { toBehaviours } from './profile/behaviours.ts';
import { withRecordedPools } from './profile/with-behaviours.ts';
import { openStateFile } from './state/state-file.ts';

export type { Emulator, EmulatorEvent } from './emulator/interface.ts';
export type { EmulatorLogger, EmulatorOptions } from './emulator/options.ts';

/**
 * Starts an emulator and resolves once every pool is made. Throws an EmulatorError where it cannot, and leaves nothing
 * behind then but its state file, and the functions that ran by it before.
 */
export const startEmulator = async (options: EmulatorOptions): Promise<Emulator> => {
  await using unfinished = new AsyncDisposableStack();
  const state = options.state === undefined ? null : unfinished.use(openStateFile(options.state));
  const session = state?.session ?? randomBytes(6).toString('hex');
  const tellEnd = tellBeginning(session);
  unfinished.defer(tellEnd);
  const behaviours = toBehaviours(options.profile?.answers ?? {});
  const stack = withRecordedPools(await resolveStack(options), behaviours);
  refuseExposureWithoutKeys(options.host ?? '127.0.0.1', stack.accessKeys);
  const core = unfinished.use(await startCore(stack, session, state, options));
  // The port before the pools: a busy one is found out before anything is made, and health can tell how far it is.
  const doors = unfinished.use(await openDoors(core, stack, session, options));
  const stop = once(async () => {
    await using _doors = doors;
    core.engine.close('the emulator is stopping');
    try {
      // Runs end before callers are sent away, so that whoever waits for a release still gets its answer.
      await core[Symbol.asyncDispose]();
      await core.engine.keepEnds();
    } finally {
      // Also where Docker is away or will not remove something: what may run on is the next start's then.
      await core.engine.dismissAll('the emulator has stopped');
      // What callers hold and have not spawned stays in it, for a start before their leases end.
      state?.[Symbol.dispose]();
      // Who follows events keeps a connection open until they end.
      core.events.end();
      doors.controlled.events.end();
      tellEnd();
    }
  });
  unfinished.defer(stop);
  // A start that fails leaves its state file, and the functions that run, to the next one.
  unfinished.defer(() => state?.[Symbol.dispose]());

  const { id } = stack.environment;
  const { engine, faultyRuntime: runtime } = core;
  const network = await unlessAborted(options.signal, runtime.prepareNetwork(id, preferredNumberOf(id)));
  const functionSide = await doors.openFunctionSide(network.schedulerAddresses);
  await unlessAborted(options.signal, fillPools(engine, runtime, network, stack, state?.records ?? [], options));
  core.takeOver();
  unfinished.move();
  return toEmulator({ core, stack, session, state, doors, functionsUrl: functionSide.url, stop });
};

const once = (act: () => Promise<void>): (() => Promise<void>) => {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
};
