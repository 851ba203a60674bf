import type { Clock } from '../../shared/clock.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { Listeners } from '../../shared/events.ts';
import type { EnvironmentId, InstanceId } from '../../shared/ids.ts';
import type { OverridableRuntime } from '../planned-ends.ts';
import type {
  ContainerSpec,
  ContainerSummary,
  EnvironmentNetwork,
  ImageProgress,
  ImageSource,
  PrepareOptions,
  PullPolicy,
  ResumedRun,
  RuntimeEvent,
} from '../port.ts';
import {
  behaviourFromEnvironment,
  type DecideBehaviour,
  SimulatedContainer,
  SimulatedEngine,
} from './simulated-container.ts';

export type SimulatedRuntimeOptions = {
  readonly clock: Clock;
  /** What processes do; without it environment variables say, see `behaviourFromEnvironment`. */
  readonly behaviour?: DecideBehaviour;
};

/**
 * A runtime that runs nothing: for tests, for moving time, and for machines without Docker. A run goes on until it is
 * stopped unless its behaviour says otherwise.
 */
export const startSimulatedRuntime = ({
  clock,
  behaviour = behaviourFromEnvironment,
}: SimulatedRuntimeOptions): SimulatedRuntime => new SimulatedRuntime(clock, behaviour);

/** Made by `startSimulatedRuntime`. */
export class SimulatedRuntime implements OverridableRuntime {
  readonly kind = 'simulated';
  readonly publishedHost = '127.0.0.1';
  readonly #engine: SimulatedEngine;
  readonly #networks = new Map<EnvironmentId, number>();
  readonly #listeners = new Listeners<RuntimeEvent>();
  #serial = 0;
  #isDisposed = false;

  constructor(clock: Clock, behaviour: DecideBehaviour) {
    this.#engine = new SimulatedEngine(clock, behaviour);
  }

  /** Acts as if the engine went away: every operation fails until `comeBack`. Runs go on. */
  goAway(reason: string): void {
    this.#engine.away = reason;
    this.#listeners.emit({ type: 'unavailable', reason });
  }

  comeBack(): void {
    this.#engine.away = null;
    this.#listeners.emit({ type: 'available' });
  }

  /** Acts as if what was prepared for the instance were gone. */
  lose(instanceId: InstanceId, reason: string): void {
    for (const container of this.#engine.containers)
      if (container.spec.instanceId === instanceId) container.lose(reason);
  }

  async prepareImage(
    source: ImageSource,
    _policy: PullPolicy,
    onProgress: (progress: ImageProgress) => void,
  ): Promise<string> {
    await this.#admit('an image available');
    const image = source.type === 'registry' ? source.reference : source.tag;
    onProgress({ image, step: 'ready', fraction: 1 });
    return image;
  }

  async prepareNetwork(environmentId: EnvironmentId, preferredNumber: number): Promise<EnvironmentNetwork> {
    await this.#admit('a network');
    const taken = new Set(this.#networks.values());
    let number = this.#networks.get(environmentId) ?? preferredNumber;
    while (!this.#networks.has(environmentId) && taken.has(number)) number = (number % 254) + 1;
    this.#networks.set(environmentId, number);
    return { number, ipv6: true, schedulerAddresses: [] };
  }

  /** Simulated processes end with the real one. */
  async resume(): Promise<ReadonlyMap<InstanceId, ResumedRun>> {
    await this.#engine.answer();
    return new Map();
  }

  async prepare(spec: ContainerSpec, { hot = false }: PrepareOptions = {}): Promise<SimulatedContainer> {
    await this.#admit(`container ${spec.name}`);
    const { failPrepare } = this.#engine.decide(spec, spec.environment);
    if (failPrepare !== undefined) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to make container ${spec.name}: ${failPrepare}. The simulation is set to fail.`,
      );
    }
    this.#serial += 1;
    const container = new SimulatedContainer(spec, `simulated-${this.#serial}`, hot, this.#engine);
    this.#engine.containers.add(container);
    return container;
  }

  /** No process, no port. */
  listens(): Promise<null> {
    return Promise.resolve(null);
  }

  async list(): Promise<readonly ContainerSummary[]> {
    await this.#engine.answer();
    return [...this.#engine.containers].map(({ dockerId, spec, state }) => ({
      dockerId,
      instanceId: spec.instanceId,
      state,
    }));
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const container of this.#engine.containers) container.kill();
    this.#engine.containers.clear();
    await Promise.resolve();
  }

  async #admit(thing: string): Promise<void> {
    await this.#engine.answer();
    if (!this.#isDisposed) return;
    throw new EmulatorError(
      errorCodes.containerRefused,
      `Failed to make ${thing}: the emulator is stopping. Start it again.`,
    );
  }
}
