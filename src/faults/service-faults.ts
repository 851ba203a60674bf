import type { ClaimedInstance, Result, SchedulerService } from '../engine/service.ts';
import { pause } from '../shared/clock.ts';
import type { ContainerId } from '../shared/ids.ts';
import type { FaultOperation } from '../stack/stack-faults.ts';
import type { FaultSource, Hit, Moment } from './faults.ts';
import type { RuntimeWithFaults } from './runtime-faults.ts';

export type ServiceFaultsOptions = {
  readonly faults: FaultSource;
  /** What goes away when a fault says so. */
  readonly runtime: RuntimeWithFaults;
  /** How long a claim of a function waits in line; null where the container is none. */
  readonly maxQueueTimeOf: (containerId: string) => number | null;
};

/** A scheduler whose surroundings fail: its pools are exhausted, its container runtime is away. */
export const withServiceFaults = (service: SchedulerService, options: ServiceFaultsOptions): SchedulerService => {
  const { faults, runtime, maxQueueTimeOf } = options;

  /** Before the service looks: a caller that finds the runtime away is answered so, though it was there until then. */
  const arrive = (operation: FaultOperation, request: Partial<Moment> & { readonly containerId: string }): Moment => {
    const moment = { instanceId: null, token: null, ...request, operation };
    const hit = runtime.isAway ? null : faults.first(['dockerAway'], moment);
    if (hit !== null) void runtime.goAway(hit);
    return moment;
  };

  const claim = async (request: Parameters<SchedulerService['claim']>[0]): Promise<Result<ClaimedInstance>> => {
    const { containerId, token, signal } = request;
    const moment = arrive('claim', { containerId, token });
    const maxQueueTimeMs = faults.isArmed('poolExhausted') ? maxQueueTimeOf(containerId) : null;
    if (maxQueueTimeMs !== null && service.readiness().ready) {
      const hit = faults.first(['poolExhausted'], moment);
      const refused = hit && (await waitInVain(hit, containerId, maxQueueTimeMs, signal));
      if (refused !== null) return refused;
    }
    return await service.claim(request);
  };

  /** As in a line that does not move. Null where the fault was removed: then there are instances again. */
  const waitInVain = async (
    { removed }: Hit<'poolExhausted'>,
    containerId: string,
    maxQueueTimeMs: number,
    signal: AbortSignal,
  ): Promise<Result<ClaimedInstance> | null> => {
    const isOver = await pause(faults.clock, maxQueueTimeMs, removed, signal);
    if (!isOver) return null;
    const rejection = {
      name: 'queue-timeout',
      containerId: containerId as ContainerId,
      waitedMs: maxQueueTimeMs,
    } as const;
    return { ok: false, rejection };
  };

  return {
    claim,
    spawn: async (request) => {
      arrive('spawn', request);
      return await service.spawn(request);
    },
    release: async (request) => {
      arrive('release', request);
      return await service.release(request);
    },
    active: (request) => {
      arrive('active', request);
      return service.active(request);
    },
    readiness: () => service.readiness(),
  };
};
