// What folders have in common that do not import one another.

/** How a run ended. `code` is null when it is unknown (the engine was away, the container is gone). */
export type Exit = { readonly code: number | null; readonly outOfMemory: boolean };

/** Port of the machine that ports are published on by port of the container. */
export type PublishedPorts = Readonly<Record<number, number>>;

/** A key of `services.scheduler.config.access_keys`. `ips` are addresses or CIDR blocks; empty means from anywhere. */
export type AccessKey = { readonly name: string; readonly secret: string; readonly ips: readonly string[] };

/** A file that a container has before its process starts. Its content may be a secret. */
export type ContainerFile = {
  /** Absolute, of the container. */
  readonly path: string;
  readonly base64: string;
  /** Permissions, for instance 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
};

/** A command that is run in a container again and again; exit code 0 is a success. */
export type Check = {
  readonly command: readonly string[];
  /** From the end of a check to the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
};

export type HealthCheck = Check & {
  /** How many checks in a row may fail after the first that did. */
  readonly retries: number;
  /** From the start of the run to the first check. */
  readonly delayMs: number;
  /** Whether the run of an unhealthy instance is ended. */
  readonly restart: boolean;
};

/** `deploy.readiness_check` and `deploy.health_check` of a function. */
export type Checks = { readonly readiness: Check | null; readonly health: HealthCheck | null };

export type RegistryCredentials = { readonly username: string; readonly password: string };

/** Where a function's image comes from. */
export type ImageOrigin =
  | {
      readonly type: 'registry';
      readonly reference: string;
      readonly credentials: RegistryCredentials | null;
    }
  | {
      readonly type: 'dockerfile';
      /** Absolute path of the folder that holds the rest; nothing outside it is read. */
      readonly root: string;
      /** Absolute path of the build context, links followed. */
      readonly contextDir: string;
      /** Absolute path of the Dockerfile, links followed. It need not lie in the context. */
      readonly dockerfile: string;
      readonly buildArgs: Readonly<Record<string, string>>;
    };

/**
 * How soon a prepared container runs: a `hot` one runs already and waits, so that its start is a matter of milliseconds; of a
 * `warm` one the network is there already; a `cold` one has all before it.
 */
export type Readiness = 'cold' | 'warm' | 'hot';
