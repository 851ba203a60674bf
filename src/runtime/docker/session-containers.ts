import { errorCodes } from '../../shared/errors.ts';
import type { ContainerId } from '../../shared/ids.ts';
import type { ContainerSpec } from '../port.ts';
import { loadCommandLine, removeContainer, toRefusal } from './container-api.ts';
import type { ContainerFactory } from './container-factory.ts';
import { InstanceContainer } from './instance-container.ts';
import { type HotContainer, LauncherEnds, startHotContainer } from './launcher/hot-container.ts';
import { makeLauncherVolume } from './launcher/volume.ts';

/** Prepares containers: cold ones, which are to be started, and hot ones, which run behind the launcher. */
export class SessionContainers {
  /** Containers that run to the engine, but whose process still waits behind the launcher. */
  readonly waiting = new Set<string>();
  readonly #factory: ContainerFactory;
  readonly #onNotHot: (functionId: ContainerId, reason: string) => void;
  readonly #notHot = new Set<ContainerId>();
  readonly #wasHot = new Set<ContainerId>();
  readonly #launcherEnds = new LauncherEnds((functionId, reason) => this.#giveUpOn(functionId, reason));
  #launcherVolume: Promise<string> | null = null;

  /** @param onNotHot called once for each function that cannot be hot, with the reason */
  constructor(factory: ContainerFactory, onNotHot: (functionId: ContainerId, reason: string) => void) {
    this.#factory = factory;
    this.#onNotHot = onNotHot;
  }

  async prepare(spec: ContainerSpec, hot: boolean): Promise<InstanceContainer> {
    if (!hot || this.#notHot.has(spec.functionId)) return await this.#prepareCold(spec);
    try {
      const launched = await this.#factory.withImage(spec, (known) => this.#startLaunched(known));
      this.#wasHot.add(spec.functionId);
      const container = new InstanceContainer(spec, launched, this.#factory);
      this.#launcherEnds.watch({ spec, exited: launched.exited, lost: container.lost });
      return container;
    } catch (error) {
      const refusal = toRefusal(this.#factory.context.connection, 'make', spec.name, error);
      // What could be once can be again, and what stands in its way now would stand in a cold one's.
      if (refusal.code === errorCodes.dockerUnreachable || this.#wasHot.has(spec.functionId)) throw refusal;
      // Where a cold one cannot be made either, it is not for being hot.
      const cold = await this.#prepareCold(spec);
      this.#giveUpOn(spec.functionId, refusal.message);
      return cold;
    }
  }

  /** What ends with the connection to the engine says nothing of launchers. */
  engineWasAway(): void {
    this.#launcherEnds.engineWasAway();
  }

  #giveUpOn(functionId: ContainerId, reason: string): void {
    if (this.#notHot.has(functionId)) return;
    this.#notHot.add(functionId);
    this.#onNotHot(functionId, reason);
  }

  async #prepareCold(spec: ContainerSpec): Promise<InstanceContainer> {
    return new InstanceContainer(spec, await this.#factory.make(spec, spec.environment), this.#factory);
  }

  async #startLaunched(spec: ContainerSpec): Promise<HotContainer> {
    const { connection, orphans, inFlight } = this.#factory.context;
    const [volume, commandLine] = await Promise.all([this.#provideLauncher(spec), loadCommandLine(connection, spec)]);
    const dockerId = await this.#factory.make(spec, spec.environment, { volume, commandLine });
    return await inFlight.make(`container ${spec.name}`, async () => {
      try {
        return await startHotContainer(this.#factory, this.waiting, spec, dockerId);
      } catch (error) {
        // It would be in the way of the one that takes its place.
        await removeContainer(connection, dockerId).catch(() => orphans.add(dockerId));
        throw error;
      }
    });
  }

  #provideLauncher({ image }: ContainerSpec): Promise<string> {
    this.#launcherVolume ??= this.#factory.context.inFlight
      .make('the volume of the launcher', () => makeLauncherVolume(this.#factory, image))
      .catch((error: unknown) => {
        this.#launcherVolume = null;
        throw error;
      });
    return this.#launcherVolume;
  }
}
