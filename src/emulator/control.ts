import { type ControlEvent, type Controlled, History } from '../control/control-target.ts';
import type { RequestRecord } from '../http/request-log.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { StateName } from '../scheduler/pool.ts';
import { version } from '../shared/package.ts';
import type { Core } from './core.ts';
import { createInvoke } from './invoke.ts';
import { readLogs } from './logs.ts';

/** How much is remembered of what happened: a long test's worth, and a megabyte at most. */
const remembered = 1_000;

/** The states in which a claim holds an instance. */
const taken: ReadonlySet<StateName> = new Set(['claimed', 'starting', 'running', 'stopping']);

/** The emulator as its control API needs it, remembering what happens from now on. */
export const createControlled = (core: Core, session: string, recorder: Recorder): Controlled => {
  const { engine, events, clock, faults, linkedToken, reset } = core;
  const happened = new History<ControlEvent>(remembered);
  events.subscribe((event) => happened.add(event));
  const functions = () =>
    engine.readiness().functions.map((counts) => ({
      name: counts.identifier,
      id: counts.containerId,
      counts,
      instances: () =>
        engine.instancesOf(counts.containerId).map((view) => {
          const isLinked = taken.has(view.state) && engine.holderOf(view.id) === linkedToken;
          return isLinked ? { ...view, origin: 'linked' as const } : view;
        }),
    }));
  return {
    session,
    version,
    clock,
    faults,
    recorder,
    reset,
    events: happened,
    requests: new History<RequestRecord>(remembered),
    functions,
    invoke: createInvoke(core, functions),
    readiness: () => engine.readiness(),
    logsOf: (instanceId) => (engine.hasInstance(instanceId) ? readLogs(engine, instanceId) : null),
  };
};

/** Keeps requests to the Scheduler API; looking at the emulator leaves no trace in what one looks at. */
export const observeRequests = ({ requests, clock }: Controlled) => ({
  now: () => clock.now(),
  record: (request: RequestRecord) => requests.add(request),
});
