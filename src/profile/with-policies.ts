import type { ReleasedInstance, Result, SchedulerService } from '../engine/service.ts';
import { leaseMs } from '../scheduler/claims.ts';
import type { Clock } from '../shared/clock.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { Stack } from '../stack/model.ts';
import type { Policies } from './imitate.ts';

type Release = Parameters<SchedulerService['release']>[0];

/** An instance's latest claim, and what became of it. */
type Known = {
  readonly token: string;
  readonly claimedAt: number;
  readonly isSpawned: boolean;
  readonly released: ReleasedInstance | null;
};

/** A scheduler that takes releases as a recorded one does. It remembers the latest claim of each instance. */
export const withPolicies = (
  service: SchedulerService,
  policies: Policies,
  clock: Pick<Clock, 'now'>,
): SchedulerService => {
  const latest = new Map<string, Known>();
  const keyOf = (containerId: string, instanceId: string): string => `${containerId}/${instanceId}`;
  const find = ({ containerId, instanceId, token }: Release): Known | undefined => {
    const known = latest.get(keyOf(containerId, instanceId));
    return known?.token === token ? known : undefined;
  };
  const update = (request: Release, change: Partial<Known>): void => {
    const known = find(request);
    if (known !== undefined) latest.set(keyOf(request.containerId, request.instanceId), { ...known, ...change });
  };
  const hasEnded = ({ containerId, instanceId }: Release): boolean => {
    const active = service.active({ containerId });
    return active.ok && !active.value.some((instance) => instance.instanceId === instanceId);
  };

  return {
    claim: async (request) => {
      const result = await service.claim(request);
      if (result.ok) {
        const { instanceId, token } = result.value;
        latest.set(keyOf(request.containerId, instanceId), {
          token,
          claimedAt: clock.now(),
          isSpawned: false,
          released: null,
        });
      }
      return result;
    },
    spawn: async (request) => {
      const result = await service.spawn(request);
      if (result.ok) update(request, { isSpawned: true });
      return result;
    },
    release: async (request) => {
      const known = find(request);
      if (policies.takesSecondRelease && known?.released) return { ok: true, value: known.released };
      // A claim that has run out is refused for that, by the service.
      const isOpen = known?.isSpawned === false && clock.now() - known.claimedAt < leaseMs;
      if (policies.refusesUnspawnedRelease && isOpen) return reject('not-spawned', request.instanceId);
      const isLate = policies.refusesReleaseAfterExit && known?.isSpawned === true && hasEnded(request);
      const result = await service.release(request);
      if (result.ok) update(request, { released: result.value });
      return result.ok && isLate ? reject('run-ended', result.value.instanceId) : result;
    },
    active: (request) => service.active(request),
    readiness: () => service.readiness(),
  };
};

const reject = (name: 'not-spawned' | 'run-ended', instanceId: string): Result<never> => ({
  ok: false,
  // The service has granted the instance, or nothing would be known of it.
  rejection: { name, instanceId: instanceId as InstanceId },
});

/** The stack with pools that grant and wait as the recorded scheduler's do. */
export const withRecordedPools = (stack: Stack, { grantsLatestFirst, refusesAtOnce }: Policies): Stack => ({
  ...stack,
  functions: stack.functions.map((spec) => ({
    ...spec,
    pool: {
      ...spec.pool,
      ...(grantsLatestFirst ? { order: 'latest-released-first' as const } : {}),
      ...(refusesAtOnce ? { maxQueueTimeMs: 0 } : {}),
    },
  })),
});
