// What folders have in common that do not import one another.

/** How a run ended. `code` is null when it is unknown (the engine was away, the container is gone). */
export type Exit = { readonly code: number | null; readonly outOfMemory: boolean };

/** Port of the machine that ports are published on by port of the container. */
export type PublishedPorts = Readonly<Record<number, number>>;

/** A key of `services.scheduler.config.access_keys`. `ips` are addresses or CIDR blocks; empty means from anywhere. */
export type AccessKey = { readonly name: string; readonly secret: string; readonly ips: readonly string[] };

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
