/** How a run ended. `code` is null when it is unknown (the engine was away, the container is gone). */
export type Exit = { readonly code: number | null; readonly outOfMemory: boolean };

/** Port of the machine that ports are published on by port of the container. */
export type PublishedPorts = Readonly<Record<number, number>>;
