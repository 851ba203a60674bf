import type { Keep } from '../engine/keeping.ts';
import type { Logger } from '../http/logger.ts';
import type { MovableClock } from '../movable-clock.ts';
import type { Profile } from '../profile/profile.ts';
import type { ImageProgress, PullPolicy } from '../runtime/port.ts';
import type { RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import type { VariableSources } from '../stack/variables/stack-variables.ts';

/** A pino logger, or what looks like one. */
export type EmulatorLogger = Logger & { readonly debug?: Logger['info'] };

export type EmulatorOptions = {
  /**
   * Path of a stack file; or a stack as one would write it there, whose relative paths start at the working directory;
   * or one that `loadStack` has read.
   */
  readonly stack: string | RawStack | Stack;
  /**
   * Values of the stack's variables, `{{name}}`, by name. One that the stack does not use is refused. Those that are not
   * given here come from `variablesFile`, then from `CYCLE_STACK_VAR_<NAME>` in the environment.
   */
  readonly variables?: VariableSources['variables'];
  /** Path of a flat YAML or JSON file with further values. */
  readonly variablesFile?: VariableSources['variablesFile'];
  /** `docker` without it; `simulated` runs no containers at all. */
  readonly runtime?: 'docker' | 'simulated';
  /** 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** 127.0.0.1 without it. */
  readonly host?: string;
  /** How a recorded scheduler answers where nothing public says; ours are the answers without it. */
  readonly profile?: Profile;
  /** False serves no control API. */
  readonly control?: boolean;
  /** A port of its own for the control API, 0 for a free one; without it, it is served beside the Scheduler API. */
  readonly controlPort?: number;
  /** `missing` without it. */
  readonly pull?: PullPolicy;
  /**
   * How many instances of each function are kept hot, that is, running already and waiting to become the function; 0
   * without it. What a stack says of a function is stronger.
   */
  readonly hot?: number;
  /** Docker endpoint; found as the docker CLI finds it without it. */
  readonly docker?: string;
  /** Which containers stay for a look when their runs have ended, until `prune`: `never` without it. */
  readonly keep?: Keep;
  /** False keeps no process beside this one that removes containers when this one is killed. */
  readonly watchdog?: boolean;
  /**
   * File that keeps what callers were promised: an emulator that is started with it after this one's end, whatever ended
   * it, goes on with its claims and its running functions. Made where it does not exist, for one emulator at a time.
   * Without it, a start begins clean.
   */
  readonly state?: string;
  /**
   * The clock to live by, for instance one that several emulators share; without it, one of its own that shows real time,
   * or what the state file says of how far the last one was ahead of that.
   */
  readonly clock?: MovableClock;
  readonly logger?: EmulatorLogger;
  /** Told how making images available goes on. */
  readonly onImageProgress?: (progress: ImageProgress) => void;
  /** Ends a start that is still under way; whatever it has made is removed. */
  readonly signal?: AbortSignal;
};
