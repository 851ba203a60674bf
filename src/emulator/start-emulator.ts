import { randomBytes } from 'node:crypto';
import { openStateFile } from '../engine/state-file.ts';
import { refuseExposureWithoutKeys } from '../http/exposed-host.ts';
import { toBehaviours } from '../profile/imitate.ts';
import { withRecordedPools } from '../profile/with-policies.ts';
import { unlessAborted } from '../shared/async.ts';
import { checkOptions } from './check-options.ts';
import { startCore } from './core.ts';
import { parseFunctionsUrl } from './functions-url.ts';
import type { Emulator } from './interface.ts';
import { tellBeginning } from './lifecycle.ts';
import { openDoors } from './open-doors.ts';
import type { EmulatorOptions } from './options.ts';
import { prepareFunctions } from './prepare-functions.ts';
import { prepareNetwork } from './prepare-network.ts';
import { resolveStack } from './resolve-stack.ts';
import { stopWithFailedTest } from './stop-with-failed-test.ts';
import { toEmulator } from './to-emulator.ts';
import { whileNetworkIsUp } from './while-network-is-up.ts';

export type { Emulator, EmulatorEvent } from './interface.ts';
export type { EmulatorLogger, EmulatorOptions } from './options.ts';

/**
 * Starts an emulator and resolves once every pool is made. Throws an EmulatorError where it cannot, and leaves nothing
 * behind then but its state file, and the functions that ran by it before.
 */
export const startEmulator = async (options: EmulatorOptions): Promise<Emulator> => {
  checkOptions(options);
  await using unfinished = new AsyncDisposableStack();
  const given = options.functionsUrl === undefined ? null : parseFunctionsUrl(options.functionsUrl);
  const state = options.state === undefined ? null : unfinished.use(openStateFile(options.state));
  const session = state?.session ?? randomBytes(6).toString('hex');
  const tellEnd = tellBeginning(session);
  unfinished.defer(tellEnd);
  const behaviours = toBehaviours(options.profile?.answers ?? {});
  const stack = withRecordedPools(await resolveStack(options), behaviours);
  refuseExposureWithoutKeys(options.host ?? '127.0.0.1', stack.accessKeys);
  const core = unfinished.use(
    await startCore(stack, session, state, { ...options, schedulerAddress: given?.address ?? null }),
  );
  // The port before the pools: a busy one is found out before anything is made, and health can show how far it is.
  const doors = unfinished.use(await openDoors(core, stack, session, options));
  const stop = once(async () => {
    await using _doors = doors;
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
      doors.controlled.events.end();
      tellEnd();
    }
  });
  unfinished.defer(stop);
  // A start that fails leaves its state file, and the functions that run, to the next one.
  unfinished.defer(() => state?.[Symbol.dispose]());

  const { engine, faultyRuntime: runtime } = core;
  const network = await unlessAborted(options.signal, prepareNetwork(runtime, stack, options));
  const preparing = prepareFunctions(runtime, network, stack, state?.records ?? [], options);
  const functions = await unlessAborted(options.signal, preparing);
  const open = () => doors.openFunctionSide(network);
  const opening = given ?? whileNetworkIsUp(core.runtime, network, functions, open);
  const { url: functionsUrl } = await unlessAborted(options.signal, Promise.resolve(opening));
  await unlessAborted(options.signal, engine.fill(functions));
  core.takeOver();
  unfinished.move();
  return toEmulator({ core, stack, session, state, doors, functionsUrl, stop: stopWithFailedTest(stop) });
};

const once = (act: () => Promise<void>): (() => Promise<void>) => {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
};
