import type { Change, InstanceRecord } from '../scheduler/records.ts';

/** Keeps what an engine has promised its callers, for an engine that takes over after this one's process has ended. */
export interface StateStore {
  /** What was kept when it was opened. */
  readonly records: readonly InstanceRecord[];
  /**
   * Keeps all changes or none; when it has returned, they outlive this process.
   *
   * @param now what the engine's clock shows
   * @throws where they cannot be kept
   */
  write(changes: readonly Change[], now: number): void;
}
