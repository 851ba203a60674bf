import type { components } from '../openapi/control-types.ts';
import type { ContainerId, EnvironmentId, ServerId } from '../shared/ids.ts';
import type { AccessKey, Checks, ContainerFile, ImageOrigin } from '../shared/types.ts';

/** Something that is to go wrong, as docs/control-api.yaml has it. Without an ID it gets one. */
export type Fault = components['schemas']['Fault'];

/** A stack file, read and checked: frozen, durations in milliseconds, sizes in bytes, IDs complete. */
export type Stack = {
  /** Absolute path of the file, or a word that stands for it where the stack was built in code. */
  readonly source: string;
  /** The name that IDs are derived from which the stack does not state; `isStated` where it is not just the file's name. */
  readonly idsFrom: { readonly name: string; readonly isStated: boolean };
  readonly environment: { readonly id: EnvironmentId };
  readonly serverId: ServerId;
  /** `emulator.network`: a network of the engine that functions join; null where one is made. */
  readonly network: string | null;
  readonly accessKeys: readonly AccessKey[];
  readonly functions: readonly FunctionSpec[];
  /** Containers of the stack that are no functions: known by ID, never run. */
  readonly otherContainers: readonly { readonly identifier: string; readonly containerId: ContainerId }[];
  /** Decides which moments a fault's probability hits. */
  readonly seed: number;
  /** What is to go wrong from the start. */
  readonly faults: readonly Fault[];
  /** `emulator.linked`: domains that reach functions, in the order in which they are tried. */
  readonly linked: readonly LinkedDomain[];
  /** The HTTP controllers of the load balancer that the gateway stands for, that of requests without a port first. */
  readonly controllers: readonly Controller[];
  /** Fields that are part of Cycle's stack format, or unknown, and that the emulator does not act on: one line each. */
  readonly warnings: readonly string[];
};

export type LinkedDomain = {
  /** In lower case. */
  readonly domain: string;
  /** The key of a function among `containers`. */
  readonly container: string;
  /** Inside the container. */
  readonly port: number;
  /** A prefix that begins with a slash, or a regular expression; null fits every path. */
  readonly matchPath: string | null;
};

/** One of `services.loadbalancer.config.details.controllers`. */
export type Controller = {
  /** The port outside: which mapping of a function is meant. */
  readonly port: number;
  /** `transport.config.timeouts.idle`; null is no limit. */
  readonly idleMs: number | null;
  readonly routers: readonly Router[];
};

/** How a controller treats the requests that match; null matches all. */
export type Router = {
  readonly domains: readonly string[] | null;
  readonly internalPorts: readonly number[] | null;
  readonly path: string | null;
  /** Containers by their keys. */
  readonly include: readonly string[] | null;
  readonly exclude: readonly string[] | null;
  /** `destination_retries` and `timeouts.destination_connection`; null where the router does not say. */
  readonly retries: number | null;
  readonly connectMs: number | null;
  /** The path in place of the request's, with `$$1` for what the first group of `path` has found. */
  readonly forward: string | null;
};

/** How many instances a function has and how long things may take. Documented by Cycle's container configuration. */
export type PoolLimits = {
  /** `deploy.instances`: made before the emulator is ready. */
  readonly instances: number;
  /** `deploy.function.max_pool_size`, at least 1; without it the pool does not grow past `instances` (our choice). */
  readonly maxPoolSize: number;
  /** `deploy.function.max_shard_concurrency`: claims and runs at one time; null is no limit. */
  readonly maxShardConcurrency: number | null;
  /** `deploy.function.max_runtime`; null is no limit. */
  readonly maxRuntimeMs: number | null;
  /** `deploy.function.max_queue_time`: how long a claim waits in line; 5,000 without it (our choice). */
  readonly maxQueueTimeMs: number;
  /** `scaling.instances.min_ttl`: how long what was grown stays without use; null is for ever (our choice). */
  readonly minTtlMs: number | null;
};

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGUSR1' | 'SIGUSR2' | 'SIGHUP' | 'SIGQUIT';

export type FunctionSpec = {
  readonly containerId: ContainerId;
  /** The key of the container in the stack file. */
  readonly identifier: string;
  /** The container's `name`, for people. */
  readonly name: string;
  readonly image: ImageOrigin;
  readonly pool: PoolLimits;
  /** `emulator.containers.<identifier>.hot`: how many instances are kept hot; null leaves it to the emulator's options. */
  readonly hot: number | null;
  /** `emulator.containers.<identifier>.warm`: the same of warm ones. */
  readonly warm: number | null;
  /** `emulator.containers.<identifier>.processes`: how many processes, threads among them, an instance may have at once. */
  readonly processes: number;
  /** Signals in the order they are sent (SIGTERM without any), then the kill after the grace (10,000 ms without one: our choice). */
  readonly shutdown: { readonly signals: readonly StopSignal[]; readonly graceMs: number };
  readonly checks: Checks;
  readonly command: { readonly path: string | null; readonly args: readonly string[] } | null;
  readonly workdir: string | null;
  /** Raw scoped variables that reach this container, then its own `environment_vars`: the weaker first, already merged. */
  readonly environment: Readonly<Record<string, string>>;
  /** Raw scoped variables that reach this container as files, each path once. */
  readonly files: readonly ContainerFile[];
  readonly network: {
    readonly public: 'enable' | 'disable' | 'egress-only';
    readonly hostname: string;
    readonly ports: readonly { readonly external: number; readonly internal: number }[];
  };
  readonly resources: {
    readonly cpus: number | null;
    readonly cpuShares: number | null;
    readonly memoryBytes: number | null;
    readonly memoryReservationBytes: number | null;
    readonly sharedMemoryBytes: number | null;
  };
  readonly sysctls: Readonly<Record<string, string>>;
  readonly rlimits: Readonly<Record<string, { readonly soft: number; readonly hard: number }>>;
  readonly capabilities: readonly string[];
  readonly readOnlyRoot: boolean;
};

/** What lies at a path of the file system; `outside` where links lead out of the root, and `special` is a pipe or a device. */
export type Kind = 'file' | 'directory' | 'special' | 'nothing' | 'dead-link' | 'outside';

/** What was found at a path, and where it really is once every link is followed. */
export type Found = { readonly kind: Kind; readonly path: string };

/** Where a stack's paths start, and how to look at what is there; without `look` nothing is looked at. */
export type FileContext = {
  /** Absolute path that stands for the root of the repository: paths in the stack start there and stay below. */
  readonly root: string;
  /** Absolute path of the stack file's folder. Only hints look here: paths of older stacks started there. */
  readonly stackDir?: string;
  readonly look?: (path: string) => Found;
};

/** What a stack has in `containers`. */
export type ReadContainers = Pick<Stack, 'functions' | 'otherContainers'> & {
  /** Functions that cannot be used, which is reported: what names them has no problem of its own. */
  readonly unread: readonly string[];
};
