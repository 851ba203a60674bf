import { constants } from 'node:os';
import type { Alarm, Clock } from '../../shared/clock.ts';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import type { OverridableContainer, StartOverrides } from '../planned-ends.ts';
import type { ContainerSpec, Exit, OutputChunk, Run, StopPolicy } from '../port.ts';

/** What a simulated process does. Each field left out is a process as it should be: it starts and runs until it is stopped. */
export type Behaviour = {
  /** Ends by itself this long after its start. */
  readonly exitAfterMs?: number;
  /** With which code it ends by itself; 0 without it. */
  readonly exitCode?: number;
  /** Ends by itself for lack of memory. */
  readonly outOfMemory?: boolean;
  /** Making its container fails for this reason. */
  readonly failPrepare?: string;
  /** Starting it fails for this reason. */
  readonly failStart?: string;
  /** Only the kill after the grace ends it. */
  readonly ignoresSignals?: boolean;
};

type Environment = Readonly<Record<string, string>>;

/**
 * What a container's process does in an environment. Asked when one is made (with the spec's environment) and when
 * it is started (with the run's).
 */
export type DecideBehaviour = (spec: ContainerSpec, environment: Environment) => Behaviour;

/**
 * The behaviour without a script: environment variables say it, so that a stack file or a spawn can.
 *
 * - `CYCLE_SIMULATED_EXIT_AFTER_MS`: ends by itself after that time, for instance `250`
 * - `CYCLE_SIMULATED_EXIT_CODE`: with that code, at once where no time is given
 * - `CYCLE_SIMULATED_FAIL_START`: does not start, for that reason
 */
export const behaviourFromEnvironment: DecideBehaviour = (_spec, environment) => {
  const exitAfter = parseCount(environment['CYCLE_SIMULATED_EXIT_AFTER_MS']);
  const exitCode = parseCount(environment['CYCLE_SIMULATED_EXIT_CODE']);
  const failStart = environment['CYCLE_SIMULATED_FAIL_START'];
  return {
    ...(exitAfter === null && exitCode === null ? {} : { exitAfterMs: exitAfter ?? 0, exitCode: exitCode ?? 0 }),
    ...(failStart === undefined ? {} : { failStart }),
  };
};

const parseCount = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : null;

/** What a shell answers for a process that a signal ended. */
const endedBySignal = 128;

/** What containers are in: an engine that runs nothing. */
export class SimulatedEngine {
  readonly clock: Clock;
  readonly decide: DecideBehaviour;
  /** Those that are not removed. */
  readonly containers = new Set<SimulatedContainer>();
  /** Why it cannot be reached; null where it can. */
  away: string | null = null;

  constructor(clock: Clock, decide: DecideBehaviour) {
    this.clock = clock;
    this.decide = decide;
  }

  /** Never within the caller's own turn, as no engine answers then either; and not at all when it is away. */
  async answer(): Promise<void> {
    await Promise.resolve();
    if (this.away !== null) {
      throw new EmulatorError(
        errorCodes.dockerUnreachable,
        `Failed to reach the simulated runtime: ${this.away}. Wait until it is back.`,
      );
    }
  }
}

/** A container that is only a state and perhaps an alarm. */
export class SimulatedContainer implements OverridableContainer {
  readonly spec: ContainerSpec;
  readonly dockerId: string;
  readonly hot: boolean;
  readonly #lost = Promise.withResolvers<string>();
  readonly #engine: SimulatedEngine;
  readonly #exit = Promise.withResolvers<Exit>();
  #state: 'created' | 'running' | 'exited' = 'created';
  #ignoresSignals = false;
  #end: Alarm | null = null;
  #stopping: Promise<void> | null = null;

  constructor(spec: ContainerSpec, dockerId: string, hot: boolean, engine: SimulatedEngine) {
    this.spec = spec;
    this.dockerId = dockerId;
    this.hot = hot;
    this.#engine = engine;
  }

  get lost(): Promise<string> {
    return this.#lost.promise;
  }

  get state(): 'created' | 'running' | 'exited' {
    return this.#state;
  }

  async start(environment: Environment, { image, end: planned }: StartOverrides = {}): Promise<Run> {
    const { clock, containers } = this.#engine;
    await this.#engine.answer();
    if (!containers.has(this)) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to start container ${this.spec.name}: no such container. Prepare it again.`,
      );
    }
    if (this.#state !== 'created') {
      throw new Error(`Container ${this.spec.name} was started before: a container runs at most once`);
    }
    if (image !== undefined) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to make container ${this.spec.name}: No such image: ${image}. Make the image available again.`,
      );
    }
    const behaviour = this.#engine.decide(this.spec, environment);
    if (behaviour.failStart !== undefined) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to start container ${this.spec.name}: ${behaviour.failStart}. The simulation is set to fail.`,
      );
    }
    this.#state = 'running';
    this.#ignoresSignals = behaviour.ignoresSignals ?? false;
    const { exitAfterMs, exitCode = 0, outOfMemory = false } = behaviour;
    if (exitAfterMs !== undefined) {
      const end = () => this.end({ code: exitCode, outOfMemory });
      this.#end = clock.alarm(clock.now() + exitAfterMs, end);
    }
    if (planned !== undefined) {
      const { code, outOfMemory, when } = planned;
      void when.then(() => this.end({ code, outOfMemory }));
    }
    return {
      dockerId: this.dockerId,
      exited: this.#exit.promise,
      publishedPorts: {},
      output: silence(this.#exit.promise),
    };
  }

  async stop(policy: StopPolicy = this.spec.stop): Promise<void> {
    await this.#engine.answer();
    this.#stopping ??= this.#stop(policy).finally(() => {
      this.#stopping = null;
    });
    await this.#stopping;
  }

  async remove(): Promise<void> {
    await this.#engine.answer();
    this.kill();
    this.#engine.containers.delete(this);
  }

  kill(): void {
    this.end(bySignal('SIGKILL'));
  }

  /** Acts as if the prepared container had been removed by hand, unless it was started. */
  lose(reason: string): void {
    if (this.#state === 'created') this.#lost.resolve(reason);
  }

  end(exit: Exit): void {
    if (this.#state !== 'running') return;
    this.#state = 'exited';
    this.#end?.cancel();
    this.#exit.resolve(exit);
  }

  async #stop({ signals: [signal = 'SIGKILL'], graceMs }: StopPolicy): Promise<void> {
    if (this.#state !== 'running') return;
    if (!this.#ignoresSignals || signal === 'SIGKILL') return this.end(bySignal(signal));
    const { clock } = this.#engine;
    const kill = clock.alarm(clock.now() + graceMs, () => this.kill());
    await this.#exit.promise;
    kill.cancel();
  }
}

/** A simulated process prints nothing, until its end. */
const silence = (exited: Promise<unknown>): AsyncIterable<OutputChunk> => ({
  [Symbol.asyncIterator]: () => ({ next: () => exited.then(() => ({ done: true, value: undefined })) }),
});

const bySignal = (signal: string): Exit => ({
  code: endedBySignal + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0),
  outOfMemory: false,
});
