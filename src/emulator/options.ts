import type { Keep } from '../engine/retention.ts';
import type { Profile } from '../profile/profile.ts';
import type { ImageProgress, PullPolicy } from '../runtime/port.ts';
import type { MovableClock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { LoadOptions, RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';

/** A pino logger, or what looks like one. */
export type EmulatorLogger = Logger & { readonly debug?: Logger['info'] };

export type EmulatorOptions = {
  /**
   * Path of a stack file; or a stack as one would write it there; or one that `loadStack` has read. An object without an
   * access key gets one; warnings about a file or an object go to the logger, or to `process.emitWarning` without one.
   */
  readonly stack: string | RawStack | Stack;
  /**
   * Folder that stands for the root of the repository, where the stack's `context_dir` and `build_file` start; nothing
   * outside it is read. Without it, the stack file's folder, or the working directory where the stack is an object. Not
   * for a stack that has been read.
   */
  readonly root?: LoadOptions['root'];
  /**
   * Values of the stack's variables, `{{name}}`, by name. One that the stack does not use is refused. Those that are not
   * given here come from `variablesFile`, then from `CYCLE_STACK_VAR_<NAME>` in the environment.
   */
  readonly variables?: LoadOptions['variables'];
  /** Path of a flat YAML or JSON file with further values. */
  readonly variablesFile?: LoadOptions['variablesFile'];
  /** `docker` without it; `simulated` runs no containers at all. */
  readonly runtime?: 'docker' | 'simulated';
  /** 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** 127.0.0.1 without it. */
  readonly host?: string;
  /** How a recorded scheduler answers where public documents are silent; ours are the answers without it. */
  readonly profile?: Profile;
  readonly control?: boolean;
  /** A port of its own for the control API, 0 for a free one; without it, it is served beside the Scheduler API. */
  readonly controlPort?: number;
  /**
   * How many bytes of requests and answers the control API's recording keeps, 32 MiB without it. What comes after that is
   * not in the recording, which says so.
   */
  readonly recordingLimitBytes?: number;
  /** `missing` without it. */
  readonly pull?: PullPolicy;
  /**
   * Instances of each function that are kept hot, that is, running already and waiting to become the function; 0
   * without it. What a stack says of a function is stronger.
   */
  readonly hot?: number;
  /**
   * Where functions reach the emulator, for instance `http://192.0.2.7:4280`. For an engine on another machine, from which
   * it cannot be found out; an address in it is what `env-scheduler` stands for to functions.
   */
  readonly functionsUrl?: string;
  /**
   * Name of a network of the engine that exists, for functions to join: they and its containers reach one another. In
   * place of the stack's; without either, the emulator makes one.
   */
  readonly network?: string;
  /** Docker endpoint; without it, as the docker CLI finds it. */
  readonly docker?: string;
  /** Which containers to keep for inspection after their runs, until `prune`: `never` without it. */
  readonly keep?: Keep;
  /**
   * The size limit of a run's output that is kept for later readers, 65,536 to 268,435,456; 16 MiB without it, and
   * 256 MiB over all runs. Readers that follow from the beginning get all.
   */
  readonly logBytes?: number;
  /** False starts no process that removes containers when this one is killed. */
  readonly watchdog?: boolean;
  /**
   * File that keeps what callers were promised: an emulator that is started with it after this one's end, of any cause
   * goes on with its claims and its running functions. Made if missing, for one emulator at a time.
   * Without it, a start begins clean.
   */
  readonly state?: string;
  /**
   * The clock to live by, for instance one that several emulators share; without it, one of its own that shows real time,
   * or what the state file says of how far the last one was ahead of that.
   */
  readonly clock?: MovableClock;
  readonly logger?: EmulatorLogger;
  /** Gets the progress of making images available. */
  readonly onImageProgress?: (progress: ImageProgress) => void;
  /** Cancels a start that is still under way, and removes all it has made. */
  readonly signal?: AbortSignal;
};
