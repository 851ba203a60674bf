import type { ControlEvent, Controlled } from '../control/controlled.ts';
import { History } from '../control/history.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventStream } from '../event-stream.ts';
import type { RequestRecord } from '../http/request-log.ts';
import { version } from '../version.ts';
import type { Emulator, EmulatorClock, EmulatorEvent } from './interface.ts';

/** How much is remembered of what happened: a long test's worth, and a megabyte at most. */
const remembered = 1_000;

type Parts = {
  readonly session: string;
  readonly engine: Engine;
  readonly events: EventStream<EmulatorEvent>;
  readonly clock: EmulatorClock;
  readonly reset: Emulator['reset'];
  readonly logs: Emulator['logs'];
};

/** The emulator as its control API needs it, remembering what happens from now on. */
export const createControlled = ({ session, engine, events, clock, reset, logs }: Parts): Controlled => {
  const happened = new History<ControlEvent>(remembered);
  events.subscribe((event) => happened.add(event));
  return {
    session,
    version,
    clock,
    reset,
    events: happened,
    requests: new History<RequestRecord>(remembered),
    functions: () =>
      engine.readiness().functions.map((counts) => ({
        name: counts.identifier,
        id: counts.containerId,
        counts,
        instances: () => engine.instancesOf(counts.containerId),
      })),
    readiness: () => engine.readiness(),
    logsOf: (instanceId) => (engine.hasInstance(instanceId) ? logs(instanceId) : null),
  };
};

/** Keeps requests to the Scheduler API; looking at the emulator leaves no trace in what one looks at. */
export const observeRequests = ({ requests, clock }: Controlled) => ({
  now: () => clock.now(),
  record: (request: RequestRecord) => requests.add(request),
});
