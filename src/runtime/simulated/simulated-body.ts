import { constants } from 'node:os';
import type { Alarm, Clock } from '../../clock.ts';
import { EmulatorError, errorCodes } from '../../errors.ts';
import type { Body, BodySpec, BodySummary, Exit, OutputChunk, Run } from '../port.ts';
import type { DecideBehaviour } from './behaviour.ts';

/** What a shell answers for a process that a signal ended. */
const endedBySignal = 128;

/** A body without a container: a state and perhaps an alarm. */
export class SimulatedBody implements Body {
  readonly spec: BodySpec;
  readonly engineId: string;
  readonly #clock: Clock;
  readonly #decide: DecideBehaviour;
  readonly #exit = Promise.withResolvers<Exit>();
  #state: BodySummary['state'] = 'created';
  #ignoresSignals = false;
  #end: Alarm | null = null;
  #stopping: Promise<void> | null = null;

  constructor(spec: BodySpec, engineId: string, clock: Clock, decide: DecideBehaviour) {
    this.spec = spec;
    this.engineId = engineId;
    this.#clock = clock;
    this.#decide = decide;
  }

  get state(): BodySummary['state'] {
    return this.#state;
  }

  start(environment: Readonly<Record<string, string>>): Run {
    if (this.#state !== 'created') {
      throw new Error(`The body ${this.spec.name} was started before: a body runs at most once`);
    }
    const behaviour = this.#decide(this.spec, environment);
    if (behaviour.failStart !== undefined) {
      throw new EmulatorError(
        errorCodes.containerRefused,
        `Failed to start container ${this.spec.name}: ${behaviour.failStart}. The simulation was told to fail.`,
      );
    }
    this.#state = 'running';
    this.#ignoresSignals = behaviour.ignoresSignals ?? false;
    const { exitAfterMs, exitCode = 0, outOfMemory = false } = behaviour;
    if (exitAfterMs !== undefined) {
      const end = () => this.end({ code: exitCode, outOfMemory });
      this.#end = this.#clock.alarm(this.#clock.now() + exitAfterMs, end);
    }
    return {
      engineId: this.engineId,
      exited: this.#exit.promise,
      publishedPorts: {},
      output: silence(this.#exit.promise),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /** Ends the process, if one runs. */
  end(exit: Exit): void {
    if (this.#state !== 'running') return;
    this.#state = 'exited';
    this.#end?.cancel();
    this.#exit.resolve(exit);
  }

  async #stop(): Promise<void> {
    if (this.#state !== 'running') return;
    const [signal = 'SIGTERM'] = this.spec.stop.signals;
    if (!this.#ignoresSignals) return this.end(bySignal(signal));
    const { graceMs } = this.spec.stop;
    const kill = this.#clock.alarm(this.#clock.now() + graceMs, () => this.end(bySignal('SIGKILL')));
    await this.#exit.promise;
    kill.cancel();
  }
}

/** A simulated process prints nothing, until its end. */
const silence = (exited: Promise<unknown>): AsyncIterable<OutputChunk> => ({
  [Symbol.asyncIterator]: () => ({ next: () => exited.then(() => ({ done: true, value: undefined })) }),
});

export const bySignal = (signal: string): Exit => ({
  code: endedBySignal + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0),
  outOfMemory: false,
});
