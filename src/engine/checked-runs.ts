import type { Command, Effect, SchedulerEvent } from '../scheduler/commands.ts';
import type { Instance } from '../scheduler/pool.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Clock } from '../shared/clock.ts';
import type { Listeners } from '../shared/events.ts';
import type { InstanceId } from '../shared/ids.ts';
import { atFirst, type CheckedRun, type Findings, type RunningChecks, startChecks } from './checks.ts';
import type { ContainerManager } from './container-manager.ts';
import type { Work } from './work.ts';

type CheckedRunsParts = {
  readonly scheduler: Pick<Scheduler, 'instance'>;
  readonly containers: Pick<ContainerManager, 'setupOf' | 'exec'>;
  readonly events: Pick<Listeners<SchedulerEvent>, 'emit'>;
  readonly clock: Clock;
  readonly work: Work;
};

const none = { readiness: null, health: null };

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

  /** To be called with all that is done to instances, before it is done. */
  follow(effect: Effect): void {
    if (effect.type === 'event') {
      if (effect.event.name === 'instance.running') this.#begin(effect.event.instanceId);
    } else if (effect.type === 'stop' || effect.type === 'prepare' || effect.type === 'discard') {
      this.#end(effect.instanceId);
    }
  }

  endAll(): void {
    for (const instanceId of [...this.#running.keys()]) this.#end(instanceId);
  }

  findingsOf({ id, state }: Instance): Findings {
    const { checks = none } = this.#parts.containers.setupOf(id);
    return this.#running.get(id)?.findings ?? atFirst(checks, state.since);
  }

  #begin(instanceId: InstanceId): void {
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

  #end(instanceId: InstanceId): void {
    this.#running.get(instanceId)?.[Symbol.dispose]();
    this.#running.delete(instanceId);
  }
}
