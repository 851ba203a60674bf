/** What answers have said of an instance so far; later ones must agree. */
export type KnownInstance = {
  /** As the claim in force answered it. */
  readonly environment: unknown;
  readonly token: string;
  /** As spawn answered it; null before. */
  readonly serverId: string | null;
  /** Until the run has given it back; what follows is somebody else's. */
  readonly isHeld: boolean;
};

/** What a run remembers of a target from one answer to the next. */
export interface Memory {
  instance(container: string, instance: string): KnownInstance | undefined;
  remember(container: string, instance: string, known: KnownInstance): void;
}

export const createMemory = (): Memory => {
  const instances = new Map<string, KnownInstance>();
  const key = (container: string, instance: string): string => `${container}/${instance}`;
  return {
    instance: (container, instance) => instances.get(key(container, instance)),
    remember: (container, instance, known) => void instances.set(key(container, instance), known),
  };
};
