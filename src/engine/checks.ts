import type { CommandEnd, CommandRequest } from '../runtime/port.ts';
import type { Command, SchedulerEvent } from '../scheduler/commands.ts';
import type { Instance } from '../scheduler/pool.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { type Clock, pause, systemClock } from '../shared/clock.ts';
import type { Listeners } from '../shared/events.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { Check, Checks, HealthCheck } from '../shared/types.ts';
import type { ContainerManager } from './container-manager.ts';
import type { Findings } from './service.ts';
import type { Work } from './work.ts';

/** What is known of a run that begins; nothing of what is not checked. */
const atFirst = ({ readiness, health }: Checks, at: number): Findings => ({
  readiness: readiness && { passed: null, at },
  health: health && { passed: null, at },
});

type CheckedRunsParts = {
  readonly scheduler: Pick<Scheduler, 'instance'>;
  readonly containers: Pick<ContainerManager, 'setupOf' | 'exec'>;
  readonly events: Pick<Listeners<SchedulerEvent>, 'emit'>;
  readonly clock: Clock;
  readonly work: Work;
};

const none: Checks = { readiness: null, health: null };

/** Which runs are checked now: those that go on, of functions that have checks. */
export class CheckedRuns {
  readonly #parts: CheckedRunsParts;
  readonly #apply: (command: Command) => void;
  readonly #running = new Map<InstanceId, RunningChecks>();

  /** @param apply gives the rules a command */
  constructor(parts: CheckedRunsParts, apply: (command: Command) => void) {
    this.#parts = parts;
    this.#apply = apply;
  }

  begin(instanceId: InstanceId): void {
    const { scheduler, containers, events, clock, work } = this.#parts;
    const instance = scheduler.instance(instanceId);
    const { checks = none, environmentWith } = containers.setupOf(instanceId);
    // Released while it was still starting, it is stopped at once.
    if (instance?.state.name !== 'running' || (checks.readiness === null && checks.health === null)) return;
    const { generation, pool, state } = instance;
    const { containerId } = pool.spec;
    const environment = environmentWith(state.variables ?? {});
    const run: CheckedRun = {
      checks,
      startedAt: state.since,
      exec: (request) => containers.exec(instanceId, { ...request, environment }),
      report: (event) => events.emit({ ...event, at: clock.now(), containerId, instanceId }),
      end: (reason) => this.#apply({ type: 'unhealthy', instanceId, generation, reason }),
    };
    this.#running.set(instanceId, startChecks(run, clock, work));
  }

  /** A command that is under way ends with the container. */
  end(instanceId: InstanceId): void {
    this.#running.get(instanceId)?.over.abort();
    this.#running.delete(instanceId);
  }

  endAll(): void {
    for (const instanceId of this.#running.keys()) this.end(instanceId);
  }

  findingsOf({ id, state }: Instance): Findings {
    const { checks = none } = this.#parts.containers.setupOf(id);
    return this.#running.get(id)?.findings ?? atFirst(checks, state.since);
  }
}

/** A run whose instance has checks. */
type CheckedRun = {
  readonly checks: Checks;
  readonly startedAt: number;
  /** Runs a command in its container, under its variables. */
  readonly exec: (request: Pick<CommandRequest, 'command' | 'signal'>) => Promise<CommandEnd | null>;
  readonly report: (
    event:
      | { readonly name: 'instance.ready' | 'container.instance.healthcheck.recovered' }
      | { readonly name: 'container.instance.healthcheck.failed'; readonly reason: string },
  ) => void;
  /** The run is to be ended for its health. */
  readonly end: (reason: string) => void;
};

/**
 * A check has as much real time as its time-out, and no more than this, however fast the clock is moved: processes do not run
 * faster with it. A caller that moves it waits for as long.
 */
const mostPatienceMs = 10_000;

/** Of what a check has printed, in an event: events are kept. */
const mostTextLength = 500;

/** Why a check has failed; null where it has not, and undefined where it says nothing: the engine was away, or the run over. */
type Outcome = string | null | undefined;

/** The checks of one run, from its start until they are over. */
type RunningChecks = { findings: Findings; readonly over: AbortController };

/**
 * Runs the checks of a run by the clock, one of each kind at a time.
 * PARITY: readiness is checked from the start of the run to its end, and the time between two checks begins when the first
 * has ended (our choice).
 */
const startChecks = (run: CheckedRun, clock: Clock, work: Work): RunningChecks => {
  const { readiness, health } = run.checks;
  const over = new AbortController();
  const running: RunningChecks = { findings: atFirst(run.checks, clock.now()), over };
  const find = (kind: keyof Findings, passed: boolean): void => {
    running.findings = { ...running.findings, [kind]: { passed, at: clock.now() } };
  };
  const repeat = async (check: Check, delayMs: number, judge: (failure: string | null) => void): Promise<void> => {
    const attempt = toAttempt(run, check, clock, work, over.signal);
    for (let waitMs = delayMs; await pause(clock, waitMs, over.signal); waitMs = check.intervalMs) {
      // Where there was no wait, the run may have ended in the same turn.
      if (over.signal.aborted) return;
      const failure = await work.do(attempt);
      if (!over.signal.aborted && failure !== undefined) judge(failure);
    }
  };
  if (readiness !== null) {
    void repeat(readiness, 0, (failure) => {
      const wasReady = running.findings.readiness?.passed;
      find('readiness', failure === null);
      if (failure === null && !wasReady) run.report({ name: 'instance.ready' });
    });
  }
  if (health !== null) {
    const delayMs = Math.max(0, run.startedAt + health.delayMs - clock.now());
    void repeat(health, delayMs, judgeHealth(health, run, find));
  }
  return running;
};

const toAttempt = (
  { exec }: CheckedRun,
  { command, timeoutMs }: Check,
  clock: Clock,
  work: Work,
  over: AbortSignal,
): (() => Promise<Outcome>) => {
  const patienceMs = Math.min(timeoutMs, mostPatienceMs);
  const watched = work.watch(clock, patienceMs);
  let isUnderWay = false;
  return async () => {
    // Checks that hang must not pile up in the container.
    if (isUnderWay) return 'the check before it still runs, after its time-out';
    isUnderWay = true;
    const killing = new AbortController();
    const settled = new AbortController();
    const ended = exec({ command, signal: killing.signal })
      .then(toOutcome, () => undefined)
      .finally(() => {
        isUnderWay = false;
      });
    const patientUntil = systemClock.now() + patienceMs;
    const timeOut = async (): Promise<Outcome> => {
      if (!(await pause(watched, timeoutMs, settled.signal, over))) return undefined;
      if (!(await pause(systemClock, patientUntil - systemClock.now(), settled.signal, over))) return undefined;
      killing.abort();
      return `it did not end within ${timeoutMs / 1000} s`;
    };
    return await Promise.race([ended, timeOut()]).finally(() => settled.abort());
  };
};

const toOutcome = (end: CommandEnd | null): Outcome => {
  if (end === null) return undefined;
  const { code, lastOutput } = end;
  if (code === 0) return null;
  const said = lastOutput.replace(/\s+/g, ' ').slice(-mostTextLength);
  return [...(code === null ? [] : [`exit code ${code}`]), ...(said === '' ? [] : [said])].join(': ');
};

/** Documented: the command is retried so many times before the container is unhealthy. What the retries find says nothing. */
const judgeHealth = (
  { retries, restart }: HealthCheck,
  { report, end }: CheckedRun,
  find: (kind: 'health', passed: boolean) => void,
): ((failure: string | null) => void) => {
  let failures = 0;
  return (failure) => {
    const wasUnhealthy = failures > retries;
    failures = failure === null ? 0 : failures + 1;
    if (failure !== null && failures <= retries) return;
    find('health', failure === null);
    if (failure === null && wasUnhealthy) report({ name: 'container.instance.healthcheck.recovered' });
    if (failure === null || wasUnhealthy) return;
    report({ name: 'container.instance.healthcheck.failed', reason: failure });
    if (restart) end(failure);
  };
};
