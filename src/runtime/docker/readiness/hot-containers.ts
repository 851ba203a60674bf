import { errorCodes } from '../../../shared/errors.ts';
import type { ContainerId, InstanceId } from '../../../shared/ids.ts';
import type { ContainerSpec, Exit } from '../../port.ts';
import { type HotContainer, toHotContainer } from '../containers/hot-container.ts';
import { InstanceContainer, prepareWithoutLauncher } from '../containers/instance-container.ts';
import type { Sandbox } from '../containers/sandbox.ts';
import type { SessionContainers } from '../containers/session-containers.ts';
import { describeEnd, loadCommandLine, toRefusal } from '../engine/container-api.ts';

/** Where the stack changes, the function may be hot with another image or command. */
const variantOf = ({ functionId, image, command }: ContainerSpec): string =>
  JSON.stringify([functionId, image, command]);

/** Prepares hot containers, and cold ones for the functions that cannot have hot ones. */
export class HotContainers {
  /** Containers that run to the engine, but whose process still waits behind the launcher. */
  readonly waiting = new Set<string>();
  readonly #containers: SessionContainers;
  readonly #onNotHot: (functionId: ContainerId, reason: string) => void;
  /** What cannot be hot, and what was, by `variantOf`. */
  readonly #notHot = new Set<string>();
  readonly #wasHot = new Set<string>();
  readonly #launcherEnds = new LauncherEnds((spec, reason) => this.#giveUpOn(spec, reason));

  /** @param onNotHot called once for each function, and image of it, that cannot be hot, with the reason */
  constructor(containers: SessionContainers, onNotHot: (functionId: ContainerId, reason: string) => void) {
    this.#containers = containers;
    this.#onNotHot = onNotHot;
  }

  /** @param sandbox whose network they join */
  async prepare(spec: ContainerSpec, sandbox: Sandbox | null): Promise<InstanceContainer> {
    if (this.#notHot.has(variantOf(spec))) return await prepareWithoutLauncher(this.#containers, spec, sandbox);
    try {
      const launched = await this.#containers.withImage(spec, (known) => this.#start(known, sandbox));
      this.#wasHot.add(variantOf(spec));
      const container = new InstanceContainer(spec, launched, this.#containers);
      this.#launcherEnds.watch({ spec, exited: launched.exited, lost: container.lost });
      return container;
    } catch (error) {
      const refusal = toRefusal(this.#containers.context.connection, 'make', spec.name, error);
      // Where no engine answers, or the function has been hot before, the cause is not the launcher.
      if (refusal.code === errorCodes.dockerUnreachable || this.#wasHot.has(variantOf(spec))) throw refusal;
      // If this fails as well, the cause is not the launcher, and the function may still be hot later.
      const container = await prepareWithoutLauncher(this.#containers, spec, sandbox);
      this.#giveUpOn(spec, refusal.message);
      return container;
    }
  }

  /** A launcher that ended because the engine went away does not count as one that ended by itself. */
  engineWasAway(): void {
    this.#launcherEnds.engineWasAway();
  }

  #giveUpOn(spec: ContainerSpec, reason: string): void {
    if (this.#notHot.has(variantOf(spec))) return;
    this.#notHot.add(variantOf(spec));
    this.#onNotHot(spec.functionId, reason);
  }

  async #start(spec: ContainerSpec, sandbox: Sandbox | null): Promise<HotContainer> {
    const containers = this.#containers;
    const commandLine = await loadCommandLine(containers.context.connection, spec);
    const launcher = { volume: await containers.files.programs(spec), commandLine };
    const made = await containers.make(spec, spec.environment, { launcher, sandbox });
    return await containers.startTalking(spec, made, (stream) =>
      toHotContainer(containers, this.waiting, spec, made, stream),
    );
  }
}

/** A function is cold once so many launchers of one instance have ended by themselves in a row. */
const triesInARow = 3;

/** The exit codes of signals that people and engines send: HUP, INT, QUIT, KILL and TERM. */
const sentSignals: readonly number[] = [129, 130, 131, 137, 143];

type Waiting = { readonly spec: ContainerSpec; readonly exited: Promise<Exit>; readonly lost: Promise<string> };

/**
 * Counts launchers that end by themselves before a spawn: on an engine that does that to one, it does so to
 * the next, and its instance would be made for ever.
 */
export class LauncherEnds {
  readonly #inARow = new Map<InstanceId, number>();
  readonly #onGivenUp: (spec: ContainerSpec, reason: string) => void;
  #absences = 0;

  /** @param onGivenUp gets a container whose function is to be cold from now on, and the reason; perhaps more than once */
  constructor(onGivenUp: (spec: ContainerSpec, reason: string) => void) {
    this.#onGivenUp = onGivenUp;
  }

  watch({ spec, exited, lost }: Waiting): void {
    const { instanceId } = spec;
    const madeAfter = this.#absences;
    const count = (this.#inARow.get(instanceId) ?? 0) + 1;
    // A container that is started or removed in the ordinary way is never lost, and the row ends with it.
    this.#inARow.delete(instanceId);
    void lost.then(async () => {
      const exit = await exited;
      if (!isItsOwn(exit) || this.#absences > madeAfter) return;
      this.#inARow.set(instanceId, count);
      if (count < triesInARow) return;
      const reason = `the launcher has ended by itself ${count} times in a row, before a spawn${describeEnd(exit)}`;
      this.#onGivenUp(spec, reason);
    });
  }

  /** Launchers end with the connection to their engine, too. */
  engineWasAway(): void {
    this.#absences += 1;
    this.#inARow.clear();
  }
}

/** Whether a launcher ended by itself, or out of memory: not by a signal from outside, nor by a removal (null). */
const isItsOwn = ({ code, outOfMemory }: Exit): boolean =>
  outOfMemory || (code !== null && !sentSignals.includes(code));
