import { randomBytes } from 'node:crypto';
import { Engine } from '../engine/engine.ts';
import type { StateStore } from '../engine/service.ts';
import type { StateFile } from '../engine/state-file.ts';
import { createEmulatorClock, Work } from '../engine/work.ts';
import { withCallFaults, withServiceFaults } from '../faults/call-faults.ts';
import { createFaults, type FaultsInForce } from '../faults/faults.ts';
import { RuntimeWithFaults } from '../faults/runtime-faults.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import { createMovableClock } from '../shared/clock.ts';
import { toMessage } from '../shared/errors.ts';
import { createEventSource, Listeners } from '../shared/events.ts';
import type { InstanceId } from '../shared/ids.ts';
import { silentLogger } from '../shared/logger.ts';
import type { Stack } from '../stack/model.ts';
import { parseFault } from '../stack/stack-faults.ts';
import type { EmulatorEvent, EmulatorLogger } from './public-types.ts';
import type { Live } from './reload-types.ts';
import { type RuntimeOptions, startRuntime } from './start-runtime.ts';

/**
 * How long a caller that moves the clock waits, in real time, for a process that was sent a signal: it may end by itself any
 * moment. One that has not ended by then has its grace, and that only the clock ends.
 */
const patienceMs = 1_000;

/** Everything of an emulator but its servers. */
export type Core = Awaited<ReturnType<typeof startCore>>;

/**
 * Starts the runtime and puts the engine over it. No pool is made yet. Disposing ends all runs and removes what was made for
 * them.
 */
export const startCore = async (stack: Stack, session: string, state: StateFile | null, options: RuntimeOptions) => {
  const { clock = createMovableClock({ aheadMs: state?.aheadMs ?? 0 }), logger = silentLogger } = options;
  const live: Live = { stack, reload: null };
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
    nameOf: (id) => live.stack.functions.find(({ containerId }) => containerId === id)?.identifier,
    holderOf: (instanceId) => engine.holderOf(instanceId),
  });
  const store = state && logFailures(state, logger);
  const names = () => [...live.stack.functions, ...live.stack.otherContainers].map(({ identifier }) => identifier);
  // Read like those of a fixture: over HTTP and in JavaScript they are unchecked so far.
  const faults: FaultsInForce = { ...inForce, add: (fault) => inForce.add(parseFault(fault, names())) };
  const runtimeWithFaults = new RuntimeWithFaults(started.runtime, faults);
  const otherContainers = stack.otherContainers.map(({ containerId }) => containerId);
  const engine = new Engine(
    {
      serverId: stack.serverId,
      otherContainers,
      keep: options.keep,
      logs: { perRunBytes: options.logBytes },
      store,
    },
    runtimeWithFaults,
    clock,
    work,
  );
  const linked = new LinkedClaims(engine, session);
  engine.subscribe((event) => events.emit(linked.mark(event)));
  const service = withServiceFaults(engine, faults, runtimeWithFaults);
  const ownClock = createEmulatorClock({
    clock,
    work,
    nextDeadline: () => engine.rules.nextDeadline,
    onMoved: (now) => {
      try {
        store?.write([], now);
      } catch {
        // The clock has moved in any case; the next write has its time.
      }
    },
  });

  return {
    engine,
    /** The engine as callers meet it: with what goes wrong on purpose. */
    service,
    /** The same for callers in this process, who meet faults on requests without HTTP. */
    inProcess: withCallFaults(service, faults),
    /** What the functions really run on. */
    runtime: started.runtime,
    /** The same, with what goes wrong on purpose. */
    runtimeWithFaults,
    events,
    clock: ownClock,
    faults,
    linked,
    /** The stack as it was taken over last. */
    live,
    /** All is as its state file says: from now on disposal removes what earlier processes have left, too. */
    confirmResume: () => started.confirmResume(),
    reset: async (): Promise<void> => {
      // Before the engine, which could wait for what a fault holds up.
      faults.reset();
      ownClock.resume();
      const refilled = engine.reset();
      linked.reset();
      await refilled;
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      // No caller is admitted any more, so those that a fault holds up are answered now.
      faults.clear();
      await runtimeWithFaults[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
};

const failures = [
  'container.instance.start.failed',
  'container.instance.error',
  'container.instance.healthcheck.failed',
  'container.instance.healthcheck.restarted',
] as const satisfies EmulatorEvent['name'][];

/** What a person would want to see of each event, with the field names of the request log; the rest under `debug`. */
const logEvent = (logger: EmulatorLogger, event: EmulatorEvent): void => {
  const { name, at: _at, containerId, instanceId = null, ...rest }: typeof event & { instanceId?: unknown } = event;
  const fields = { container: containerId, instance: instanceId, ...rest };
  const hasFailed = event.name === 'instance.ended' && event.exit.lastLines !== undefined;
  const isFailure = failures.some((failure) => failure === name);
  if (name === 'linked.request') logger.info(fields, name);
  else if (hasFailed || isFailure) logger.warn(fields, name);
  else if (name === 'instance.running' || name === 'instance.ended' || name === 'fault.fired')
    logger.info(fields, name);
  else logger.debug?.(fields, name);
};

/** The same store, with logs: of the first of several failures in a row, and of the first success after them. */
export const logFailures = (store: StateStore, logger: EmulatorLogger): StateStore => {
  let isFailing = false;
  return {
    records: store.records,
    write: (changes, now) => {
      try {
        store.write(changes, now);
      } catch (error) {
        if (!isFailing) logger.error({}, `${toMessage(error)}; claims and spawns are refused until it can`);
        isFailing = true;
        throw error;
      }
      if (isFailing) logger.info({}, 'the state file can be written again');
      isFailing = false;
    },
  };
};

/** Distinguishes the gateway's claims from those of the API, also those that an earlier process with this state file left. */
export class LinkedClaims {
  readonly #engine: Pick<Engine, 'holderOf'>;
  readonly #prefix: string;
  /** Until they are available again: an event of a run's end comes when nothing holds the instance any more. */
  readonly #marked = new Set<string>();
  readonly #resets = new Listeners<void>();

  constructor(engine: Pick<Engine, 'holderOf'>, session: string) {
    this.#engine = engine;
    this.#prefix = `linked-${session}`;
  }

  /** For one claim: with one token for all, a release that comes late would end the claim of the next caller. */
  newToken(): string {
    return `${this.#prefix}-${randomBytes(8).toString('hex')}`;
  }

  has(instanceId: InstanceId): boolean {
    return this.#engine.holderOf(instanceId)?.startsWith(this.#prefix) ?? false;
  }

  /** The event, with its origin where it is of such a claim. */
  mark(event: SchedulerEvent): SchedulerEvent & { readonly origin?: 'linked' } {
    if (!('instanceId' in event)) return event;
    const { name, instanceId } = event;
    if (this.has(instanceId)) this.#marked.add(instanceId);
    else if (name === 'instance.claimed' || name === 'instance.available') this.#marked.delete(instanceId);
    return this.#marked.has(instanceId) ? { ...event, origin: 'linked' } : event;
  }

  /** Calls the listener when all claims have been taken back, until the returned function is called. */
  onReset(listener: () => void): () => void {
    return this.#resets.add(listener);
  }

  /** All claims have been taken back, for which instances have no events. */
  reset(): void {
    this.#marked.clear();
    this.#resets.emit();
  }
}
