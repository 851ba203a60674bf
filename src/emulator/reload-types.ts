import type { FunctionChange } from '../engine/service.ts';
import type { RawStack } from '../stack/load-stack.ts';
import type { Stack } from '../stack/model.ts';

/** What of a stack that has changed an emulator has taken over. */
export type Reloaded = {
  /** The functions that are other than before, added or removed. */
  readonly functions: readonly FunctionChange[];
  /** Whether the faults that the stack sets are others: they have taken the place of all that were set. */
  readonly faults: boolean;
  /** What stays as it was until the emulator is restarted, as the stack calls it. */
  readonly needsRestart: readonly string[];
  /** In real milliseconds, the images included. */
  readonly durationMs: number;
};

export type ReloadOptions = {
  /** Functions whose Dockerfile or build context has changed, by name; without it, all images are looked at again. */
  readonly rebuild?: readonly string[];
};

/** A stack that has changed was taken over. */
export type ReloadEvent = {
  readonly name: 'stack.reloaded';
  readonly at: number;
  readonly containerId: null;
  /** Those that are other than before, by name. */
  readonly functions: readonly string[];
};

/** The same as `Reloadable` has, also with what the stack is by then: another reload may come before. */
export type Reload = (stack?: string | RawStack | Stack | (() => Stack), options?: ReloadOptions) => Promise<Reloaded>;

/** The stack as it is now; `reload` is null until the emulator is ready. */
export type Live = { stack: Stack; reload: Reload | null };

export interface Reloadable {
  /**
   * Goes on with a stack that has changed, without a restart; without one, with the stack file as it is now. Images are made,
   * instances that wait get new containers, claims and runs keep theirs until they end. Resolves once that is done. Throws an
   * EmulatorError where the stack cannot be used or an image cannot be made, and then all is as it was.
   */
  reload(stack?: string | RawStack | Stack, options?: ReloadOptions): Promise<Reloaded>;
}
