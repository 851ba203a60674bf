import '../shared/forward-declarations.ts';
import type { Invocation, LogChunk, RunLog } from '../engine/run-log.ts';
import type {
  ClaimedInstance,
  FunctionCounts,
  InstanceView,
  Keep,
  Readiness,
  ReleasedInstance,
  SpawnedInstance,
} from '../engine/service.ts';
import type { EmulatorClock } from '../engine/work.ts';
import type { FaultEvent, Faults } from '../faults/faults.ts';
import type { Profile } from '../profile/profile.ts';
import type { LinkedRequestEvent } from '../recording/linked-request.ts';
import type { ImageProgress, PullPolicy } from '../runtime/port.ts';
import type { SchedulerEvent } from '../scheduler/commands.ts';
import type { MovableClock } from '../shared/clock.ts';
import type { EventStream } from '../shared/events.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import type { PublishedPorts } from '../shared/types.ts';
import type { Domain } from '../stack/domains.ts';
import type { LoadOptions, RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';
import type { Reloadable, ReloadEvent } from './reload-types.ts';

export type { Invocation };

/**
 * A running emulator. Disposing is `stop`.
 *
 * What is done through it (`claim`, `invoke`, …) follows the same rules as over HTTP, but for the access key; faults on
 * requests meet it as an InjectedFailure. Durations are real milliseconds; points in time are milliseconds since the epoch by
 * the emulator's own clock.
 */
export interface Emulator extends AsyncDisposable, Reloadable {
  /** Where the Scheduler API is served, without a slash at the end; for instance `http://127.0.0.1:41873`. */
  readonly url: string;
  readonly port: number;
  /**
   * Where functions reach the API: `http://env-scheduler`, or what has to do in its place where that is unavailable,
   * which a warning says, too. Null where no function can, as in simulations.
   */
  readonly functionsUrl: string | null;
  /** The host that ports of functions are published on: 127.0.0.1, or the engine's where that is on another machine. */
  readonly publishedHost: string;
  /** Where the control API is served (docs/control-api.md), without `/_emulator`; null where it is not. */
  readonly controlUrl: string | null;
  /** Where the page is, for a browser; null where it is not served. */
  readonly uiUrl: string | null;
  /** The same with a code that the page exchanges for the access key: of use once, for ten minutes, and of the last 16. */
  uiLink(): string | null;
  /**
   * Where functions are reached over HTTP, each request by an instance of its own, without a slash at the end; null where
   * none is. The Host header names the function: `<its name>.localhost`, or one of `domains`.
   */
  readonly gatewayUrl: string | null;
  /** The names under which functions are reached at the gateway, in the order in which they are tried. */
  readonly domains: readonly Domain[];
  /**
   * Sends a request to a function, or to a domain of the stack, through the gateway. Throws
   * an EmulatorError `badOption` where the gateway has none of that name.
   */
  fetch(name: string, path?: string, init?: RequestInit): Promise<Response>;
  /**
   * The secret of the stack's first access key; one was made where the stack is an object without any. Empty where a file
   * has none, and then no key opens the HTTP API.
   */
  readonly accessKey: string;
  /** Marks everything this emulator makes; health answers it, too. */
  readonly session: string;
  readonly stack: Stack;
  /** The file that keeps claims, and what it had of them at the start: waiting to be spawned, running. Null without one. */
  readonly state: { readonly path: string; readonly claims: number; readonly runs: number } | null;
  /** What runs the functions, for people. */
  readonly runtime: string;
  /** The stack's functions by name, which is their key under `containers`. */
  readonly functions: Readonly<Record<string, EmulatedFunction>>;
  /** The function of this name; throws an EmulatorError `badOption` that says which there are. */
  function(name: string): EmulatedFunction;
  /** What happens to claims, instances and the emulator itself, as it happens. */
  readonly events: EventStream<EmulatorEvent>;
  readonly clock: EmulatorClock;
  /** What goes wrong on purpose, from now on: docs/faults.md. */
  readonly faults: Faults;
  /**
   * Reserves an instance of the function, waiting in line as the stack says. Throws SchedulerRejected where the
   * scheduler says no, and the signal's reason where it aborts.
   */
  claim(functionName: string, options?: ClaimOptions): Promise<Claim>;
  /**
   * Claims an instance, spawns it, waits, and releases it in any case. Throws SchedulerRejected where the
   * scheduler says no, the signal's reason where it aborts, and an EmulatorError `runEnded` where the process ended
   * before its port answered.
   */
  invoke(functionName: string, options?: InvokeOptions): Promise<Invocation>;
  /** What the latest run on the instance has printed: it is remembered until the next one. */
  logs(instanceId: string): RunOutput;
  /**
   * Back to how it began: nothing is claimed, nothing runs, no claim waits (one that did gets `not-ready`), pools have their
   * first size, no fault is set and the clock runs, at the time it shows. Resolves once every pool is full again.
   */
  reset(): Promise<void>;
  readiness(): Readiness;
  /** Admits no caller any more, removes every container and network, frees the port. A second call does nothing more. */
  stop(): Promise<void>;
}

/** `origin` says that the gateway, and not a caller of the API, holds the claim that an event is about. */
type InstanceEvent = SchedulerEvent & { readonly origin?: 'linked' };
export type EmulatorEvent = InstanceEvent | FaultEvent | LinkedRequestEvent | ReloadEvent;

export interface EmulatedFunction {
  readonly name: string;
  /** The container ID, as the API's paths have it. */
  readonly id: ContainerId;
  /** How many instances are in which state now. */
  readonly counts: FunctionCounts;
  /** All instances as they are now: state, what is left of a claim's lease, hostname, addresses. */
  instances(): readonly InstanceView[];
}

export type ClaimOptions = {
  /** At least five characters, for the API's sake; a random one without it. */
  readonly token?: string;
  /** Leaves the line. */
  readonly signal?: AbortSignal;
};

/** A reserved instance. Disposing releases it, and does not mind a claim that is over already. */
export interface Claim extends ClaimedInstance, AsyncDisposable {
  readonly functionName: string;
  /** Starts the instance with these variables over those of the stack; resolves once its process runs. */
  spawn(env?: Readonly<Record<string, string>>): Promise<RunningInstance>;
  /** Ends the claim and the run, if there is one; resolves once the process has ended. */
  release(): Promise<ReleasedInstance>;
}

export type RunningInstance = SpawnedInstance & {
  /** Port of the emulator's `publishedHost` by port of the container, where the stack makes ports public. */
  readonly publishedPorts: PublishedPorts;
};

export type InvokeOptions = {
  /** Variables of this run, over those of the stack. */
  readonly env?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** What to wait for before releasing: the end of the process, or a TCP port of the container that answers. */
  readonly until?: 'exit' | { readonly port: number };
  readonly signal?: AbortSignal;
  /** Called with each piece of output as it comes, from the first byte on. The function waits for a promise that it answers. */
  readonly onOutput?: (chunk: LogChunk) => unknown;
};

/**
 * What a run has printed: the last of it (`logBytes`), as text or bytes, and how many bytes before that are missing.
 * `follow` gives it piece by piece and goes on to the end of the run; on an instance that is claimed it waits for the run
 * to come. The function waits for a reader that follows, but not for one that takes nothing for half a minute.
 */
export type RunOutput = Pick<
  RunLog,
  'text' | 'stdout' | 'stderr' | 'bytes' | 'missingBytes' | 'missingBytesOf' | 'read' | 'follow'
>;

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
  /** False serves no page at `/_emulator/ui`. */
  readonly ui?: boolean;
  /** Names under which the page is served beside addresses and `localhost`. */
  readonly uiHosts?: readonly string[];
  /** False serves no functions over HTTP. */
  readonly gateway?: boolean;
  /** The port at which functions are served over HTTP; a free one without it, and where a preferred one is taken. */
  readonly gatewayPort?: number | { readonly preferred: number };
  /**
   * How requests get from the gateway to functions: straight to their addresses in the network, or by published ports. Found
   * out without it, which a VPN or a firewall may deceive.
   */
  readonly gatewayRoute?: 'network' | 'published';
  /** What an instance serves over HTTP: a request, or all of a connection. Without it as the profile says, else a request. */
  readonly instancePer?: 'request' | 'connection';
  /**
   * How many bytes of requests and answers the control API's recording keeps, 32 MiB without it. What comes after that is
   * not in the recording, which says so.
   */
  readonly recordingLimitBytes?: number;
  /** `missing` without it. */
  readonly pull?: PullPolicy;
  /** Instances of each function that run already and wait to become it; 0 without it. A stack's own number is stronger. */
  readonly hot?: number;
  /**
   * Instances of each function whose network is there before a run and stays after it; without it, up to 4 of those that
   * have run. A stack's own number is stronger.
   */
  readonly warm?: number;
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
  /** Called when the control API is asked to stop the emulator; without it, that is refused. */
  readonly onStopRequest?: () => void;
  /** Cancels a start that is still under way, and removes all it has made. */
  readonly signal?: AbortSignal;
};
