import type { InstanceId } from '../shared/ids.ts';

/** Which containers stay for inspection after their runs: none, those that failed by themselves, or all that ran. */
export type Keep = 'never' | 'failed' | 'always';

/** Remembers how the present containers' runs have ended, to say which of them are to stay. */
export class Retention {
  readonly #keep: Keep;
  readonly #ends = new Map<InstanceId, { readonly hasFailed: boolean }>();

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  ended(instanceId: InstanceId, hasFailed: boolean): void {
    this.#ends.set(instanceId, { hasFailed });
  }

  /** The instance has another container, or none. */
  forget(instanceId: InstanceId): void {
    this.#ends.delete(instanceId);
  }

  /** Containers that never ran have nothing to show, and those that still run are not to stay behind. */
  isWanted(instanceId: InstanceId): boolean {
    const end = this.#ends.get(instanceId);
    if (end === undefined || this.#keep === 'never') return false;
    return this.#keep === 'always' || end.hasFailed;
  }
}
