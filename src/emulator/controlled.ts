import type { ControlEvent, Controlled, ControlledFunction, Outcome } from '../control/control-target.ts';
import { LatestRuns } from '../control/latest-runs.ts';
import type { Engine } from '../engine/engine.ts';
import { LogBudget, RunLog } from '../engine/run-log.ts';
import { InjectedFailure } from '../faults/injected-failure.ts';
import { type ErrorAnswer, errorAnswer, notReadyAnswer, quote, toRejectionAnswer } from '../http/answers.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { History } from '../shared/events.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { version } from '../shared/package.ts';
import type { Stack } from '../stack/model.ts';
import type { Core } from './core.ts';
import { SchedulerRejected } from './in-process-claim.ts';
import { invokeFunction } from './invoke.ts';
import type { RunOutput } from './public-types.ts';
import { describeRuntime } from './start-runtime.ts';

/** How much is remembered of what happened: a long test's worth, and a megabyte at most. */
export const remembered = 1_000;

type ControlledParts = Pick<
  Controlled,
  'recorder' | 'gateway' | 'requests' | 'showBodies' | 'noGateway' | 'schedulerUrl' | 'startedAt' | 'requestStop'
>;

/** The emulator as its control API needs it, remembering what happens from now on. */
export const createControlled = (core: Core, session: string, served: ControlledParts): Controlled => {
  const { engine, events, clock, faults, linked, reset } = core;
  const happened = new History<ControlEvent>(remembered);
  events.subscribe((event) => happened.add(event));
  const latestRuns = new LatestRuns();
  events.subscribe((event) => latestRuns.add(event));
  const functions = (): readonly ControlledFunction[] =>
    [...engine.rules.pools].map((pool) => {
      const counts = engine.views.toCounts(pool);
      const { identifier: name, containerId: id } = counts;
      return {
        ...{ name, id, counts },
        limits: () => pool.spec,
        line: () => pool.line,
        instances: () =>
          engine.views
            .instancesOf(id)
            .map((view) => (linked.has(view.id) ? { ...view, origin: 'linked' as const } : view)),
      };
    });
  /** Does something with the function of this name or container ID. */
  const withFunction = async <Value>(
    wanted: string,
    act: (found: ControlledFunction) => Promise<Outcome<Value>>,
  ): Promise<Outcome<Value>> => {
    const all = functions();
    const found = all.find(({ name, id }) => name === wanted || id === wanted);
    return found === undefined ? refused(unknownFunction(wanted, all)) : await act(found);
  };
  return {
    session,
    version,
    engine: describeRuntime(core.runtime),
    clock,
    faults,
    ...served,
    reset,
    events: happened,
    latestRuns,
    functions,
    invoke: (wanted, { port, ...wish }) =>
      withFunction(wanted, async (found) => {
        const options = { ...wish, ...(port === undefined ? {} : { until: { port } }) };
        return await invokeFunction(core, found, options).then(accepted, toRefused);
      }),
    scale: (wanted, instances) =>
      withFunction(wanted, async (found) => {
        const refusal = await scaleFunction(core, found, instances);
        return refusal === null ? await withFunction(found.id, async (scaled) => accepted(scaled)) : refused(refusal);
      }),
    readiness: () => engine.readiness(),
    logsOf: (instanceId) => findLogs(engine, instanceId),
  };
};

const accepted = <Value>(value: Value): Outcome<Value> => ({ ok: true, value });

const refused = (answer: ErrorAnswer): Outcome<never> => ({ ok: false, answer });

const unknownFunction = (name: string, all: readonly { readonly name: string }[]): ErrorAnswer => {
  const names = all.map((known) => known.name).join(', ');
  return errorAnswer('404.container', 'Unknown function', {
    detail: `There is no function ${quote(name)}: the stack has ${names === '' ? 'none' : `only ${names}`}. Name one of these, or its container ID.`,
  });
};

/**
 * Has a function begin with so many instances, as if its stack said so, until that is read again (our choice: a change of
 * `deploy.instances`, within `max_pool_size`). Answers why not, or null once they are made.
 */
const scaleFunction = async (
  { live }: Core,
  { name, id, limits }: ControlledFunction,
  instances: number,
): Promise<ErrorAnswer | null> => {
  const { maxPoolSize } = limits();
  if (instances > maxPoolSize) {
    return errorAnswer('422.max-exceeded', 'Too many instances', {
      detail: `${name} has at most ${maxPoolSize === 1 ? '1 instance' : `${maxPoolSize} instances`}. Ask for no more, or raise its max_pool_size in the stack.`,
      source: '/instances',
    });
  }
  if (live.reload === null) return notReadyAnswer('its instances are being made');
  await live.reload(() => withInstances(live.stack, id, instances), { rebuild: [] });
  return null;
};

const withInstances = (stack: Stack, id: ContainerId, instances: number): Stack => ({
  ...stack,
  functions: stack.functions.map((spec) =>
    spec.containerId === id ? { ...spec, pool: { ...spec.pool, instances } } : spec,
  ),
});

/** As the Scheduler API answers it; throws what is no fault of the caller's, of the function's or of one that was set on purpose. */
const toRefused = (error: unknown): Outcome<never> => {
  if (error instanceof SchedulerRejected && error.rejection.name !== 'caller-gone') {
    return refused(toRejectionAnswer(error.rejection));
  }
  if (!(error instanceof EmulatorError)) throw error;
  const injected = error instanceof InjectedFailure && error.effect.type === 'error' ? error.effect : null;
  const answer = errorAnswer(injected?.code ?? '500.unknown', 'Not invoked', { detail: error.message });
  return refused({ ...answer, status: injected?.status ?? answer.status });
};

/** What the instance's latest run has printed; nothing, and no more to come, where there was no run yet. */
export const readLogs = (engine: Engine, instanceId: string): RunOutput => {
  const logs = findLogs(engine, instanceId);
  if (logs !== null) return logs;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to read the logs of "${instanceId}": there is no such instance. Use the instance ID that claim answered.`,
  );
};

/** The same; null where there is no such instance. */
export const findLogs = ({ rules, views }: Engine, instanceId: string): RunOutput | null => {
  const id = rules.instance(instanceId as InstanceId)?.id;
  if (id === undefined) return null;
  const latest = views.logOf(id) ?? nothing();
  return {
    get text() {
      return latest.text;
    },
    get stdout() {
      return latest.stdout;
    },
    get stderr() {
      return latest.stderr;
    },
    get missingBytes() {
      return latest.missingBytes;
    },
    missingBytesOf: (stream) => latest.missingBytesOf(stream),
    bytes: (stream) => latest.bytes(stream),
    read: () => latest.read(),
    follow: () => (views.logToFollow(id) ?? nothing()).follow(),
  };
};

const nothing = (): RunLog => {
  const log = new RunLog(new LogBudget());
  log.close();
  return log;
};
