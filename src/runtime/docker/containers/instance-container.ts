import { isDeepStrictEqual } from 'node:util';
import type { OverridableContainer, StartOverrides } from '../../planned-ends.ts';
import type {
  CommandEnd,
  CommandRequest,
  ContainerSpec,
  Readiness,
  RemoveOptions,
  Run,
  StopPolicy,
} from '../../port.ts';
import {
  isContainerGone,
  keepContainer,
  signalContainer,
  stopRun,
  toFailedStart,
  toRefusal,
  unknownExit,
  type Verb,
} from '../engine/container-api.ts';
import { parseFrames, readAttached, readResumed } from '../engine/output.ts';
import { hasEnded } from '../engine/quirks.ts';
import { exec } from './exec.ts';
import { type HotContainer, isLaidOver, launcherGreeting } from './hot-container.ts';
import type { Sandbox } from './sandbox.ts';
import {
  type MadeContainer,
  type RuntimeContext,
  type SessionContainers,
  waitIn,
  waitsIn,
} from './session-containers.ts';
import { bringAbout, withOverrides } from './start-overrides.ts';

type Variables = Readonly<Record<string, string>>;

/** A container that is not hot: cold, or warm where it has a sandbox. */
export const prepareWithoutLauncher = async (
  containers: SessionContainers,
  spec: ContainerSpec,
  sandbox: Sandbox | null,
): Promise<InstanceContainer> =>
  new InstanceContainer(
    spec,
    sandbox === null ? await containers.make(spec, spec.environment) : waitIn(sandbox),
    containers,
  );

/** The container of an instance, which a start with other variables replaces. */
export class InstanceContainer implements OverridableContainer {
  readonly spec: ContainerSpec;
  readonly #containers: SessionContainers;
  readonly #context: RuntimeContext;
  readonly #launched: HotContainer | null;
  readonly #lost = Promise.withResolvers<string>();
  readonly lost = this.#lost.promise;
  readonly #warmed = Promise.withResolvers<void>();
  readonly warmed = this.#warmed.promise;
  #present: MadeContainer;
  /** Those that it has replaced, until they are gone. */
  readonly #replaced = new Set<string>();
  /** Until it is started or removed, a prepared container may end or go by itself: then it is lost. */
  #isLost = false;
  #run: Promise<Run> | null = null;
  /** Resolves when it has joined a sandbox that is being made, or could not. */
  #joining: Promise<unknown> | null = null;
  #stopping: Promise<void> | null = null;
  #removing: Promise<void> | null = null;

  /** @param container one that was made, or one that runs behind the launcher */
  constructor(spec: ContainerSpec, container: MadeContainer | HotContainer, containers: SessionContainers) {
    this.spec = spec;
    this.#containers = containers;
    this.#context = containers.context;
    this.#present = container;
    this.#launched = 'open' in container ? container : null;
    this.#watch(container);
  }

  get readiness(): Readiness {
    if (this.#launched !== null) return 'hot';
    return this.#present.sandbox === null ? 'cold' : 'warm';
  }

  get dockerId(): string {
    return this.#present.dockerId;
  }

  async start(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    if (this.#run !== null) {
      throw new Error(`Container ${this.spec.name} was started before: a container runs at most once`);
    }
    this.#run = this.#start(environment, overrides).catch(this.#refused('start'));
    this.#containers.awaitedStart(this.#run);
    return await this.#run;
  }

  /**
   * Takes over the run that another process has begun in the container, or its end.
   *
   * @param greeting what was printed on stderr before the function
   */
  async resume(greeting: string): Promise<Run> {
    this.#run = this.#resume(greeting).catch(this.#refused('resume'));
    return await this.#run;
  }

  async exec(request: CommandRequest): Promise<CommandEnd | null> {
    const run = await this.#begun();
    if (run === null) return null;
    const ended = exec(this.#context.connection, run.dockerId, request, run.exited);
    return await ended.catch(this.#refused('run a command in'));
  }

  stop(policy: StopPolicy = this.spec.stop): Promise<void> {
    this.#stopping ??= this.#stop(policy)
      .catch(this.#refused('stop'))
      .finally(() => {
        this.#stopping = null;
      });
    return this.#stopping;
  }

  remove(options: RemoveOptions = {}): Promise<void> {
    this.#removing ??= this.#remove(options).catch((error: unknown) => {
      this.#removing = null;
      return this.#refused('remove')(error);
    });
    return this.#removing;
  }

  #refused(verb: Verb): (error: unknown) => never {
    return (error) => {
      throw toRefusal(this.#context.connection, verb, this.spec.name, error);
    };
  }

  #watch(container: MadeContainer): void {
    const { exited, sandbox } = container;
    void Promise.race([exited, ...(sandbox === null ? [] : [sandbox.gone])]).then(() => {
      if (this.#run !== null || this.#removing !== null || this.#present !== container) return;
      this.#isLost = true;
      this.#lost.resolve(
        `container ${this.spec.name} was removed or ended by hand, or by a restart of Docker, before it was started`,
      );
    });
  }

  /**
   * Moves into a sandbox that is made now; a start that is asked for meanwhile waits for that, for the sandbox has its
   * addresses. Answers false where its start or its end had begun.
   */
  async join(make: () => Promise<Sandbox | null>): Promise<boolean> {
    if (this.#isLost || this.#run !== null || this.#removing !== null) return false;
    const joining = this.#join(make);
    this.#joining = joining.catch(() => undefined);
    await joining;
    return true;
  }

  async #join(make: () => Promise<Sandbox | null>): Promise<void> {
    const sandbox = await make();
    if (sandbox === null) return;
    const before = this.#present;
    this.#present = waitIn(sandbox);
    this.#watch(this.#present);
    void this.#removeReplaced(before.dockerId).then(() => this.#warmed.resolve());
  }

  async #resume(greeting: string): Promise<Run> {
    const { connection, exits } = this.#context;
    const { dockerId, exited, sandbox } = this.#present;
    // It is awaited already: an end is reported by the engine's event or found here.
    await sandbox?.isRunning();
    const { State } = await connection.docker.getContainer(dockerId).inspect();
    if (hasEnded(State.Status)) exits.settle(dockerId, { code: State.ExitCode, outOfMemory: State.OOMKilled });
    const publishedPorts = hasEnded(State.Status)
      ? {}
      : await this.#containers.publishedPortsOf(this.spec, this.#present);
    this.#endWithSandbox();
    return { dockerId, exited, publishedPorts, output: readResumed(this.#context, dockerId, exited, greeting) };
  }

  async #start(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    await this.#joining;
    this.#present.sandbox?.use();
    const launched = this.#isLost || overrides !== undefined ? null : this.#launched;
    const opened = isLaidOver(environment, this.spec.environment) ? await launched?.open(environment) : null;
    if (!opened) return await this.#startWithoutLauncher(environment, overrides);
    const { dockerId, exited } = this.#present;
    this.#endWithSandbox();
    const output = readAttached(this.#context, dockerId, exited, opened.printed, launcherGreeting);
    return { dockerId, exited, publishedPorts: opened.publishedPorts, output };
  }

  /** Cold or warm: of the prepared container, or of one that is made with these variables. */
  async #startWithoutLauncher(environment: Variables, overrides?: StartOverrides): Promise<Run> {
    const { connection } = this.#context;
    const spec = overrides === undefined ? this.spec : await withOverrides(connection, this.spec, overrides);
    const isPrepared = !this.#isLost && this.readiness === 'cold';
    if (!isPrepared || spec !== this.spec || !isDeepStrictEqual(environment, spec.environment)) {
      await this.#replace(spec, environment);
    }
    const stream = await this.#containers
      .start(spec, this.#present)
      .catch(async (error: unknown) => {
        const { sandbox } = this.#present;
        const isOnItsOwn = sandbox === null || (await sandbox.isRunning());
        if (isOnItsOwn && !(await isContainerGone(connection, this.dockerId, error))) throw error;
        // The container, or its sandbox, was removed since it was made: an equal one takes its place.
        await this.#replace(spec, environment);
        return await this.#containers.start(spec, this.#present);
      })
      .catch(async (error: unknown) => {
        throw await toFailedStart(connection, this.dockerId, spec.name, error);
      });
    const { dockerId, exited } = this.#present;
    this.#endWithSandbox();
    if (overrides?.end !== undefined) void bringAbout(connection, dockerId, overrides.end, exited);
    const publishedPorts = await this.#containers.publishedPortsOf(spec, this.#present);
    return {
      dockerId,
      exited,
      publishedPorts,
      output: readAttached(this.#context, dockerId, exited, parseFrames(stream)),
    };
  }

  /** Without its sandbox a process has no network: then its run has failed, through no fault of its own. */
  #endWithSandbox(): void {
    const { connection, exits } = this.#context;
    const { dockerId, sandbox } = this.#present;
    void sandbox?.gone.then(async () => {
      if (!exits.isExpected(dockerId)) return;
      exits.settle(dockerId, unknownExit);
      // While the engine is away it cannot be killed; it is with its removal at the latest.
      await signalContainer(connection, dockerId, 'SIGKILL').catch(() => {});
    });
  }

  /**
   * A container's variables are fixed when it is made: other ones need another container. It takes over the prepared
   * one's addresses, which the engine hands out only at start, so no caller waits until that is gone; or it is the first
   * in a sandbox.
   */
  async #replace(spec: ContainerSpec, environment: Variables): Promise<void> {
    const before = this.#present;
    const { sandbox } = before;
    // One behind the launcher has the addresses already, and so has a sandbox that is going.
    if (this.#launched !== null) await this.#containers.remove(before.dockerId);
    this.#present = await this.#make(spec, environment, sandbox);
    if (this.#launched === null && !waitsIn(before)) void this.#removeReplaced(before.dockerId);
  }

  /** Some engines miss a sandbox that has just gone when a container is made that is to join it, others at its start. */
  async #make(spec: ContainerSpec, environment: Variables, sandbox: Sandbox | null): Promise<MadeContainer> {
    if (sandbox !== null && !sandbox.isGone) {
      try {
        return await this.#containers.make(spec, environment, { sandbox });
      } catch (error) {
        if (await sandbox.isRunning()) throw error;
      }
    }
    await sandbox?.remove();
    return await this.#containers.make(spec, environment);
  }

  /** One that cannot be removed now is removed together with the instance's last container. */
  async #removeReplaced(dockerId: string): Promise<void> {
    this.#replaced.add(dockerId);
    await this.#containers.remove(dockerId).then(
      () => this.#replaced.delete(dockerId),
      () => undefined,
    );
  }

  /** The run that was begun, once it has; null without one, also where it did not start. */
  async #begun(): Promise<Run | null> {
    return (await this.#run?.catch(() => null)) ?? null;
  }

  async #stop(policy: StopPolicy): Promise<void> {
    const { connection, exits, graceClock } = this.#context;
    const run = await this.#begun();
    if (run === null || !exits.isExpected(run.dockerId)) return;
    await stopRun(connection, graceClock, run, policy);
  }

  async #remove({ keep = false, forGood = false }: RemoveOptions): Promise<void> {
    await this.#begun();
    await this.#joining;
    await Promise.all([...this.#replaced].map((dockerId) => this.#containers.remove(dockerId)));
    if (!waitsIn(this.#present)) {
      const isKept = keep && (await keepContainer(this.#context.connection, this.dockerId));
      if (!isKept) await this.#containers.remove(this.dockerId);
    }
    await this.#present.sandbox?.leave({ forGood });
  }
}
