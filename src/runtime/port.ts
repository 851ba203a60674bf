import type { ContainerId, EnvironmentId, InstanceId } from '../shared/ids.ts';
import type { ContainerFile, Exit, ImageOrigin, PublishedPorts, Readiness } from '../shared/types.ts';

export type { Exit, Readiness, RegistryCredentials } from '../shared/types.ts';

/** What the names of all images begin with that emulators build. */
export const builtImagePrefix = 'cycle-emulator/';

/** An image, with the name that a built one gets, for instance `cycle-emulator/hello`. */
export type ImageSource =
  | Extract<ImageOrigin, { type: 'registry' }>
  | (Extract<ImageOrigin, { type: 'dockerfile' }> & { readonly tag: string });

/**
 * `missing` pulls what is not here, `always` pulls again, `never` needs it here. What has a Dockerfile is built each
 * time, from cache where nothing changed (`always`: without cache, and its base images are pulled again); under `never`
 * nothing is built, and only an image of the very same content will do.
 */
export type PullPolicy = 'missing' | 'never' | 'always';

/** One step of making an image available, for a progress bar or a line. `fraction` is 0 to 1 where it is known. */
export type ImageProgress = { readonly image: string; readonly step: string; readonly fraction: number | null };

/** The network of an environment as the engine really made it. */
export type EnvironmentNetwork = {
  /** The environment's number: second octet of its IPv4 addresses (`10.<number>.x.y`), fifth group of its IPv6 ones. 1 to 254. */
  readonly number: number;
  /** False where the engine cannot do IPv6; then instances have no IPv6 address. */
  readonly ipv6: boolean;
  /**
   * Where the network's containers look for `env-scheduler`: addresses of this machine's, if the network is here at
   * all. None where nothing is run that could look.
   */
  readonly schedulerAddresses: readonly string[];
  /** The machine of the network, where it is another: by `schedulerAddresses` it reaches this one. */
  readonly elsewhere?: string;
  /** Set where the network existed before; then `number` does not stand in its addresses. */
  readonly joined?: JoinedNetwork;
};

/** A network of the engine that functions are to join. */
export type ExistingNetwork = {
  readonly name: string;
  /** How many addresses the environment needs in it. */
  readonly addresses: number;
};

/** What of an existing network is an environment's. */
export type JoinedNetwork = {
  /** As the network has them, for instance `172.18.0.0/16`; null where it has no IPv6. */
  readonly subnet: string;
  readonly ipv6Subnet: string | null;
  /** As many as were asked for, each for one instance. */
  readonly addresses: readonly { readonly ipv4: string; readonly ipv6: string | null }[];
  /** What instances do without there: sentences without a full stop. */
  readonly warnings: readonly string[];
};

/** The first signal is sent, then the kill once the grace is over. */
export type StopPolicy = { readonly signals: readonly string[]; readonly graceMs: number };

/** Everything a container is made of. The engine's own types stay inside its adapter. */
export type ContainerSpec = {
  readonly functionId: ContainerId;
  readonly instanceId: InstanceId;
  /** Readable part of the container's name, for instance `hello-1`; the adapter makes it unique. */
  readonly name: string;
  /** What `prepareImage` answered. */
  readonly image: string;
  /** The complete environment over the image's own, last word included. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it has beside the image's files; nothing without it. The same list for all instances of a function. */
  readonly files?: readonly ContainerFile[];
  /** Replaces the image's command; `path: null` keeps the image's entry point and replaces its arguments. */
  readonly command: { readonly path: string | null; readonly args: readonly string[] } | null;
  readonly workdir: string | null;
  readonly hostname: string;
  readonly ipv4: string;
  readonly ipv6: string | null;
  /** `02:42` and the IPv4 address: Docker before 25 derives it so, and takes no other. */
  readonly macAddress: string;
  /** TCP ports inside the container that are published on a free port of this machine's, or of the engine's. */
  readonly publishedPorts: readonly number[];
  readonly limits: ContainerLimits;
  readonly stop: StopPolicy;
};

export type ContainerLimits = {
  /** CPUs, for instance 0.5; null is no limit. */
  readonly cpus: number | null;
  readonly cpuShares: number | null;
  readonly memoryBytes: number | null;
  readonly memoryReservationBytes: number | null;
  readonly sharedMemoryBytes: number | null;
  /** Processes and threads at once. */
  readonly processes: number;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly rlimits: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly capabilities: readonly string[];
  readonly readOnlyRoot: boolean;
};

/** A command to be run in a container beside its process, as the same user, in the same folder, under the same limits. */
export type CommandRequest = {
  readonly command: readonly string[];
  /** Laid over the variables that the container was made with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills the command and what it has started, as far as the engine can. */
  readonly signal: AbortSignal;
};

export type CommandEnd = {
  /** As of any process; 126 and 127 where there was none. Null where the container takes no command, as a paused one. */
  readonly code: number | null;
  /** The end of what it has printed, at most 4 KiB; or why there was no process. */
  readonly lastOutput: string;
};

/** A container made in advance. Started at most once. */
export interface PreparedContainer {
  readonly spec: ContainerSpec;
  /** What the engine calls it now; starting with another environment may replace it. */
  readonly dockerId: string;
  readonly readiness: Readiness;
  /** Resolves when a cold one has become warm. */
  readonly warmed: Promise<void>;
  /**
   * Resolves with the reason when what was prepared is gone before it was started or removed: by a person's
   * hand, or with a restart of the engine. It can be started all the same, an equal container being made then.
   */
  readonly lost: Promise<string>;
  /**
   * Starts the container and answers when its process runs. `environment` is the complete environment of this run;
   * equal to the spec's, the prepared container itself is started, else an equal one with these variables. A command
   * that is not there or may not be executed is a failure of the start, in hot containers and cold ones alike.
   */
  start(environment: Readonly<Record<string, string>>): Promise<Run>;
  /**
   * Runs a command while the container's process runs, and answers once it has ended: null where the process ended before
   * it, for then its end says nothing.
   */
  exec(request: CommandRequest): Promise<CommandEnd | null>;
  /**
   * Sends the first signal, waits for the grace, then kills; answers when the process has ended. Already ended is fine.
   * Without a policy as the spec says; one without signals kills at once.
   */
  stop(policy?: StopPolicy): Promise<void>;
  /** Removes all that is left of the container, running or not. Already gone is fine. */
  remove(options?: RemoveOptions): Promise<void>;
}

/** A piece of what a process printed; it may break characters apart. */
export type OutputChunk = {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
  /** Some of what was printed before may be missing, how much is unknown: the engine does not have it any more. */
  readonly isLost?: true;
};

export type Run = {
  readonly dockerId: string;
  /** Settles once, always: also when the container is removed by a person's hand. Never rejects. */
  readonly exited: Promise<Exit>;
  /**
   * All that the process prints, from its first byte to its end, each stream in its order. To be read once, and on and on:
   * a process whose output is not read waits, and what it left unread at its end goes two seconds later.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /** Host port by container port, where ports are published. */
  readonly publishedPorts: PublishedPorts;
};

/** A container whose process may have been started by an earlier process of the emulator. */
export type ResumeRequest = {
  readonly spec: ContainerSpec;
  /** Whether the start is known to have succeeded; where it is not, the runtime finds out. */
  readonly wasStarted: boolean;
};

/** A run that an earlier process of the emulator began. It may have ended since: then its end comes at once. */
export type ResumedRun = { readonly container: PreparedContainer; readonly run: Run };

export type RuntimeEvent =
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'available' }
  /** The function's containers will be cold, though hot ones were asked for. Called once for each function. */
  | { readonly type: 'not-hot'; readonly functionId: ContainerId; readonly reason: string }
  /** The same of warm ones. */
  | { readonly type: 'not-warm'; readonly functionId: ContainerId; readonly reason: string }
  /** Disposal has removed all but a network, which Docker does not remove before a restart. */
  | { readonly type: 'network-left'; readonly reason: string };

export type PrepareOptions = {
  /** Asks for a hot container; where that cannot be, a cold one is made, which does the same more slowly. */
  readonly hot?: boolean;
  /**
   * Asks for a warm container; where that takes time, a cold one is made, which becomes warm later. An instance's containers
   * share their network then, one after the other.
   */
  readonly warm?: boolean;
};

export type RemoveOptions = {
  /**
   * Leaves a container whose process has ended where a person can look at it, and under a name that says so. To the
   * runtime it is as good as gone: disposal leaves it be.
   */
  readonly keep?: boolean;
  /** No container of the instance follows: what it has for the next goes, too. */
  readonly forGood?: boolean;
};

/**
 * Runs instances' containers. One suite of tests (`runtime.test.ts`) says what every adapter must do.
 * Operations throw `EmulatorError` where the user can act on the failure.
 */
export interface ContainerRuntime extends AsyncDisposable {
  readonly kind: 'docker' | 'simulated';
  /** Which machine's ports are meant where ports are published. */
  readonly publishedHost: string;
  /** Makes the image available and answers the reference that `ContainerSpec.image` takes. */
  prepareImage(source: ImageSource, policy: PullPolicy, onProgress: (progress: ImageProgress) => void): Promise<string>;
  /**
   * Makes the environment's network, with the preferred number if it is free, else the next free one; or joins one that
   * exists.
   */
  prepareNetwork(
    environmentId: EnvironmentId,
    preferredNumber: number,
    existing?: ExistingNetwork,
  ): Promise<EnvironmentNetwork>;
  /**
   * Resumes the runs of these containers that an earlier process of the same emulator began, by instance, and
   * removes everything else that it left; also what the engine makes of its last requests after that. None where
   * nothing outlives a process. Asked once, when there is a network and before anything is prepared.
   */
  resume(wanted: readonly ResumeRequest[]): Promise<ReadonlyMap<InstanceId, ResumedRun>>;
  prepare(spec: ContainerSpec, options?: PrepareOptions): Promise<PreparedContainer>;
  /**
   * Whether a port of an address in the environment's network accepts connections, seen from inside that network and
   * without making one; null where that cannot be seen.
   */
  listens(ipv4: string, port: number): Promise<boolean | null>;
  /** Calls the listener for each event until the returned function is called. */
  subscribe(listener: (event: RuntimeEvent) => void): () => void;
}
