import type { ContainerRuntime, Exit, PreparedContainer, Run } from './port.ts';

/** What a run does otherwise than the spec says, so that faults can be injected. It takes a container of its own. */
export type StartOverrides = {
  /** Another image than the spec's. */
  readonly image?: string;
  /** An end that the process would not come to by itself. It is real: the process exits so, or its memory runs out. */
  readonly end?: PlannedEnd;
};

/** Without a time (`when` is null) it comes in the place of the function's process, which never begins. */
export type PlannedEnd = Exit & { readonly code: number; readonly when: Promise<void> | null };

/** A prepared container as faults need it: every adapter makes such ones, and only faults override anything. */
export interface OverridableContainer extends PreparedContainer {
  start(environment: Readonly<Record<string, string>>, overrides?: StartOverrides): Promise<Run>;
}

/** A runtime that faults can be injected into. */
export interface OverridableRuntime extends ContainerRuntime {
  prepare(...asked: Parameters<ContainerRuntime['prepare']>): Promise<OverridableContainer>;
}
