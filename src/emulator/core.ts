import { Engine } from '../engine/engine.ts';
import type { SchedulerService } from '../engine/service.ts';
import type { StateFile } from '../engine/state-file.ts';
import { Work } from '../engine/work.ts';
import { createFaults, type FaultsInForce } from '../faults/faults.ts';
import { withFaults } from '../faults/runtime-faults.ts';
import { withServiceFaults } from '../faults/service-faults.ts';
import { toBehaviours } from '../profile/imitate.ts';
import { withPolicies } from '../profile/with-policies.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import { createMovableClock } from '../shared/clock.ts';
import { createEventSource, type EventSource } from '../shared/events.ts';
import { silentLogger } from '../shared/logger.ts';
import type { Stack } from '../stack/model.ts';
import { parseFault } from '../stack/stack-faults.ts';
import { createEmulatorClock } from './clock.ts';
import { logEvent } from './log-event.ts';
import type { EmulatorClock, EmulatorEvent } from './public-types.ts';
import { type RuntimeOptions, startRuntime } from './start-runtime.ts';
import { tellFailures } from './tell-failures.ts';

/**
 * How long a caller that moves the clock waits, in real time, for a process that was sent a signal: it may end by itself any
 * moment. One that has not ended by then has its grace, and that only the clock ends.
 */
const patienceMs = 1_000;

/** Everything of an emulator but its servers. Disposing ends all runs and removes what was made for them. */
export type Core = AsyncDisposable & {
  readonly engine: Engine;
  /** The engine as callers meet it: with what goes wrong on purpose. */
  readonly service: SchedulerService;
  /** What the functions really run on. */
  readonly runtime: Awaited<ReturnType<typeof startRuntime>>['runtime'];
  /** The same, with what goes wrong on purpose. */
  readonly runtimeWithFaults: ContainerRuntime;
  readonly events: EventSource<EmulatorEvent>;
  readonly clock: EmulatorClock;
  readonly faults: FaultsInForce;
  /** What the gateway claims with. Known beforehand, so that a start finds what an earlier process has left claimed. */
  readonly linkedToken: string;
  reset(): Promise<void>;
  /** All is as its state file says: from now on disposal removes what earlier processes have left, too. */
  confirmResume(): void;
};

/** Starts the runtime and puts the engine over it. No pool is made yet. */
export const startCore = async (
  stack: Stack,
  session: string,
  state: StateFile | null,
  options: RuntimeOptions,
): Promise<Core> => {
  const { clock = createMovableClock({ aheadMs: state?.aheadMs ?? 0 }), logger = silentLogger } = options;
  const work = new Work();
  const watched = work.watch(clock);
  const graceClock = work.watch(clock, patienceMs);
  const events = createEventSource<EmulatorEvent>();
  events.subscribe((event) => logEvent(logger, event));

  const started = await startRuntime(options, session, state, { clock: watched, graceClock });
  const inForce = createFaults({
    seed: stack.seed,
    faults: stack.faults,
    clock: watched,
    onFire: (event) => events.emit(event),
    nameOf: (id) => stack.functions.find(({ containerId }) => containerId === id)?.identifier,
  });
  // A fault of one token's runs finds those, too, that began before this process.
  for (const { instanceId, state: kept } of state?.records ?? []) {
    if ('token' in kept) inForce.holders.set(instanceId, kept.token);
  }
  const store = state && tellFailures(state, logger);
  const names = [...stack.functions, ...stack.otherContainers].map(({ identifier }) => identifier);
  // Read like those of a fixture: over HTTP and in JavaScript they are unchecked so far.
  const faults: FaultsInForce = { ...inForce, add: (fault) => inForce.add(parseFault(fault, names)) };
  const runtimeWithFaults = withFaults(started.runtime, faults);
  const otherContainers = stack.otherContainers.map(({ containerId }) => containerId);
  const engine = new Engine(
    {
      serverId: stack.serverId,
      otherContainers,
      ...(options.keep === undefined ? {} : { keep: options.keep }),
      logs: { perRunBytes: options.logBytes },
      ...(store === null ? {} : { store }),
    },
    runtimeWithFaults,
    clock,
    work,
  );
  const linkedToken = `linked-${session}`;
  engine.subscribe((event) => {
    const claimed = 'instanceId' in event && event.name !== 'instance.available' ? event.instanceId : null;
    const isLinked = claimed !== null && engine.holderOf(claimed) === linkedToken;
    events.emit(isLinked ? { ...event, origin: 'linked' } : event);
  });
  const service = withServiceFaults(engine, {
    faults,
    runtime: runtimeWithFaults,
    maxQueueTimeOf: (id) => stack.functions.find(({ containerId }) => containerId === id)?.pool.maxQueueTimeMs ?? null,
  });

  const ownClock = createEmulatorClock(clock, work, (now) => {
    try {
      store?.write([], now);
    } catch {
      // The clock has moved in any case; the next write has its time.
    }
  });

  return {
    engine,
    service:
      options.profile === undefined ? service : withPolicies(service, toBehaviours(options.profile.answers), clock),
    runtime: started.runtime,
    runtimeWithFaults,
    events,
    clock: ownClock,
    linkedToken,
    faults,
    confirmResume: () => started.confirmResume(),
    reset: async () => {
      // Before the engine, which could wait for what a fault holds up.
      faults.reset();
      ownClock.resume();
      await engine.reset();
    },
    [Symbol.asyncDispose]: async () => {
      // No caller is admitted any more, so those that a fault holds up are answered now.
      faults.clear();
      await runtimeWithFaults[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
};
