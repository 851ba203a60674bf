import type { Instance } from '../scheduler/pool.ts';
import type { ContainerId, InstanceId } from '../shared/ids.ts';
import type { FunctionSetup, InstanceSetup } from './service.ts';

/** What each instance is, as the stack says: the present one for containers to come, that before for those it was made for. */
export class InstanceSetups {
  readonly functions = new Map<ContainerId, FunctionSetup>();
  readonly #find: (id: InstanceId) => Instance | undefined;
  readonly #known = new Map<InstanceId, InstanceSetup>();

  constructor(find: (id: InstanceId) => Instance | undefined) {
    this.#find = find;
  }

  /** Made on first use: a pool of thousands should not wait for descriptions of instances that do not exist yet. */
  of(instanceId: InstanceId): InstanceSetup {
    const known = this.#known.get(instanceId);
    if (known !== undefined) return known;
    const instance = this.#find(instanceId);
    const spec = instance && this.functions.get(instance.pool.spec.containerId);
    if (instance === undefined || spec === undefined) throw new Error(`no instance ${instanceId} here`);
    const setup = spec.describeInstance(instanceId, instance.seed);
    this.#known.set(instanceId, setup);
    return setup;
  }

  /** Its next container is to be as the stack says then. */
  forget(instanceId: InstanceId): void {
    this.#known.delete(instanceId);
  }
}
