import pLimit, { type LimitFunction } from 'p-limit';
import type { Variables } from '../environment/variables.ts';
import type {
  CommandEnd,
  CommandRequest,
  ContainerRuntime,
  PreparedContainer,
  ResumedRun,
  ResumeRequest,
  Run,
} from '../runtime/port.ts';
import type { ContainerEvent, Effect } from '../scheduler/commands.ts';
import type { Instance } from '../scheduler/pool.ts';
import { errorCodes, hasCode, toMessage } from '../shared/errors.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import { InstanceLogs } from './instance-logs.ts';
import type { EngineSetup, FunctionSetup, InstanceSetup, InstanceView, Keep } from './service.ts';
import type { Work } from './work.ts';

/** How many containers are made or removed at one time: more gain nothing on the engine and delay spawns. */
const prepareConcurrency = 4;

/** Of hot ones fewer, for each is a start, which keeps a core busy. */
const prepareHotConcurrency = 2;

/** The latest run of an instance, which outlives its container. */
type LatestRun = {
  variableNames: readonly string[] | null;
  /** None before it has begun, and after its end. */
  publishedPorts: Run['publishedPorts'];
  /** Set where its process was asked to end: whether it has failed, with any exit code. */
  stopped: { readonly hasFailed: boolean } | null;
  /** Null before its end, and once its container is gone. */
  hasFailed: boolean | null;
  /** Resolves when its end has been reported. */
  endReported: Promise<void>;
};

/** Does with instances' containers what the rules ask for, and reports what came of it; no failure escapes it. */
export class ContainerManager {
  readonly logs: InstanceLogs;
  readonly #runtime: ContainerRuntime;
  readonly setupOf: (instanceId: InstanceId) => InstanceSetup;
  readonly #report: (event: ContainerEvent) => void;
  readonly #work: Work;
  readonly #containers = new Map<InstanceId, PreparedContainer>();
  readonly #runs = new Map<InstanceId, LatestRun>();
  readonly #turns = new Map<InstanceId, Promise<unknown>>();
  readonly #keep: Keep;
  readonly #limitPrepare = pLimit(prepareConcurrency);
  readonly #limitPrepareHot = pLimit(prepareHotConcurrency);
  readonly #starts = new Set<Promise<unknown>>();

  constructor(
    runtime: ContainerRuntime,
    setupOf: (instanceId: InstanceId) => InstanceSetup,
    report: (event: ContainerEvent) => void,
    work: Work,
    { keep = 'never', logs = {} }: Pick<EngineSetup, 'keep' | 'logs'> = {},
  ) {
    this.#runtime = runtime;
    this.setupOf = setupOf;
    this.#report = report;
    this.#work = work;
    this.#keep = keep;
    this.logs = new InstanceLogs(logs);
  }

  /** Finds the runs of these containers that another process began; all else it has left is gone then. */
  resume(wanted: readonly ResumeRequest[]): Promise<ReadonlyMap<InstanceId, ResumedRun>> {
    return this.#work.do(() => this.#runtime.resume(wanted));
  }

  /** Follows a run that `resume` has found. */
  followResumed(instanceId: InstanceId, generation: number, resumed: ResumedRun): void {
    this.#containers.set(instanceId, resumed.container);
    this.#follow(instanceId, generation, this.#beginRun(instanceId), resumed.run);
  }

  /** Removes what is left of the instance's container before, and makes the next. Resolves to the failure, or null. */
  prepare({ instanceId, generation, hot, warm }: Extract<Effect, { type: 'prepare' }>): Promise<unknown> {
    return this.#inTurn(instanceId, hot ? this.#limitPrepareHot : this.#limitPrepare, async () => {
      try {
        await this.#removeLast(instanceId);
        // Callers wait for starts, and no caller waits yet for what is made in advance.
        if (hot) await this.#work.waitFor(this.#starts);
        const made = await this.#runtime.prepare(this.setupOf(instanceId).container, { hot, warm });
        this.#containers.set(instanceId, made);
        void made.lost.then((reason) => this.#report({ type: 'lost', instanceId, generation, reason }));
        void made.warmed.then(() => this.#report({ type: 'warmed', instanceId, generation }));
      } catch (failure) {
        this.#report({ type: 'prepare-failed', instanceId, generation, reason: toMessage(failure) });
        return failure;
      }
      const { readiness } = this.#containerOf(instanceId);
      this.#report({ type: 'prepared', instanceId, generation, readiness });
      return null;
    });
  }

  /** Removes the container of an instance that is no more. One that cannot be removed goes with the runtime. */
  async discard(instanceId: InstanceId): Promise<void> {
    await this.#inTurn(instanceId, this.#limitPrepare, () => this.#removeLast(instanceId, { forGood: true })).catch(
      () => undefined,
    );
    this.logs.forget(instanceId);
    this.#runs.delete(instanceId);
  }

  /** Resolves once the end of every run that has ended has been reported. */
  async endsReported(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(({ endReported }) => endReported));
  }

  /** Resolves once no container is being made or removed. */
  async settled(): Promise<void> {
    while (this.#turns.size > 0) await Promise.allSettled(this.#turns.values());
  }

  start(instanceId: InstanceId, generation: number, variables: Variables): void {
    const latest = this.#beginRun(instanceId);
    const starting = this.#work.do(async () => {
      const environment = this.setupOf(instanceId).environmentWith(variables);
      latest.variableNames = Object.keys(environment);
      return await this.#containerOf(instanceId).start(environment);
    });
    this.#starts.add(starting);
    void starting.then(
      (run) => {
        this.#follow(instanceId, generation, latest, run);
        this.#report({ type: 'started', instanceId, generation, publishedPorts: run.publishedPorts });
      },
      (failure) => {
        latest.hasFailed = true;
        const engineAway = hasCode(failure, errorCodes.dockerUnreachable);
        this.#report({ type: 'start-failed', instanceId, generation, reason: toMessage(failure), engineAway });
      },
    );
    void Promise.allSettled([starting]).then(() => this.#starts.delete(starting));
  }

  /** Reports failures alone. The end of the run is reported by what has followed it since its start. */
  stop(instanceId: InstanceId, generation: number, hasFailed: boolean): void {
    const latest = this.#runs.get(instanceId);
    if (latest !== undefined) latest.stopped = { hasFailed };
    const stopping = this.#work.do(async () => {
      await this.#containerOf(instanceId).stop();
      // A stop has done its work when its consequences are under way, too.
      await latest?.endReported;
    });
    stopping.catch((failure: unknown) => {
      this.#report({ type: 'stop-failed', instanceId, generation, reason: toMessage(failure) });
    });
  }

  /** One thing at a time for each instance, so that its containers follow one another, and only so many for all. */
  #inTurn<Result>(instanceId: InstanceId, limit: LimitFunction, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(instanceId) ?? Promise.resolve();
    const turn = this.#work.do(work, (run) => before.then(() => limit(run)));
    const done = Promise.allSettled([turn]);
    this.#turns.set(instanceId, done);
    void done.then(() => {
      if (this.#turns.get(instanceId) === done) this.#turns.delete(instanceId);
    });
    return turn;
  }

  /** Runs a command in the container of a run that goes on. */
  async exec(instanceId: InstanceId, request: CommandRequest): Promise<CommandEnd | null> {
    return await this.#containerOf(instanceId).exec(request);
  }

  /** What onlookers see of the latest run. Values of variables may be secrets. */
  runOf(instanceId: InstanceId): Pick<InstanceView, 'publishedPorts' | 'variableNames'> {
    const { publishedPorts = {}, variableNames = null } = this.#runs.get(instanceId) ?? {};
    return { publishedPorts, variableNames };
  }

  #beginRun(instanceId: InstanceId): LatestRun {
    const endReported = Promise.resolve();
    const run = { variableNames: null, publishedPorts: {}, stopped: null, hasFailed: null, endReported };
    this.#runs.set(instanceId, run);
    return run;
  }

  #follow(instanceId: InstanceId, generation: number, latest: LatestRun, run: Run): void {
    latest.publishedPorts = run.publishedPorts;
    this.logs.record(instanceId, run);
    latest.endReported = this.#reportEnd(instanceId, generation, latest, run);
  }

  /** A run whose end was not wanted is reported once all it printed is there; one that was stopped, at once. */
  async #reportEnd(instanceId: InstanceId, generation: number, latest: LatestRun, run: Run): Promise<void> {
    const exit = await run.exited;
    latest.publishedPorts = {};
    const { stopped } = latest;
    if (stopped?.hasFailed !== false) await this.logs.haveLastWords(instanceId);
    const hasFailed = stopped?.hasFailed ?? exit.code !== 0;
    latest.hasFailed = hasFailed || exit.outOfMemory;
    const words = hasFailed ? { lastLines: await this.logs.lastLines(instanceId) } : {};
    const { missingBytes = 0 } = this.logs.of(instanceId) ?? {};
    const missing = missingBytes === 0 ? {} : { missingBytes };
    this.#report({ type: 'exited', instanceId, generation, exit: { ...exit, ...words, ...missing } });
  }

  async #removeLast(instanceId: InstanceId, { forGood = false } = {}): Promise<void> {
    const last = this.#containers.get(instanceId);
    if (last === undefined) return;
    await this.logs.haveLastWords(instanceId);
    // Containers that never ran have nothing to show, and those that still run are not to stay behind.
    const latest = this.#runs.get(instanceId);
    const hasFailed = latest?.hasFailed ?? null;
    const keep = this.#keep === 'always' ? hasFailed !== null : this.#keep === 'failed' && hasFailed === true;
    await last.remove({ keep, forGood });
    this.#containers.delete(instanceId);
    if (latest !== undefined) latest.hasFailed = null;
  }

  #containerOf(instanceId: InstanceId): PreparedContainer {
    const container = this.#containers.get(instanceId);
    if (container === undefined) throw new Error(`instance ${instanceId} has no container`);
    return container;
  }
}

/** What each instance is, as the stack says: the present one for containers to come, that before for those it was made for. */
export class InstanceSetups {
  readonly functions = new Map<ContainerId, FunctionSetup>();
  readonly #find: (id: InstanceId) => Instance | undefined;
  readonly #known = new Map<InstanceId, { readonly of: FunctionSetup; readonly setup: InstanceSetup }>();

  constructor(find: (id: InstanceId) => Instance | undefined) {
    this.#find = find;
  }

  /** Made on first use: a pool of thousands should not wait for descriptions of instances that do not exist yet. */
  of(instanceId: InstanceId): InstanceSetup {
    const known = this.#known.get(instanceId);
    if (known !== undefined) return known.setup;
    const instance = this.#find(instanceId);
    const of = instance && this.functions.get(instance.pool.spec.containerId);
    if (instance === undefined || of === undefined) throw new Error(`no instance ${instanceId} here`);
    const setup = of.describeInstance(instanceId, instance.seed);
    this.#known.set(instanceId, { of, setup });
    return setup;
  }

  /** Its next container is to be as the stack says then. */
  renew(instanceId: InstanceId): void {
    const of = this.#known.get(instanceId)?.of;
    if (of && of !== this.functions.get(of.pool.containerId)) this.#known.delete(instanceId);
  }
}
