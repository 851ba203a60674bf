import type { ActiveInstance, SchedulerService } from '../../../src/engine/service.ts';
import type { InstanceNetwork } from '../../../src/environment/addresses.ts';
import {
  type ContainerId,
  deriveObjectId,
  type EnvironmentId,
  type InstanceId,
  type ServerId,
} from '../../../src/shared/ids.ts';

export const containerId = deriveObjectId<ContainerId>('test', 'container');
export const instanceId = deriveObjectId<InstanceId>('test', 'instance');
export const serverId = deriveObjectId<ServerId>('test', 'server');

export const network: InstanceNetwork = {
  environmentId: deriveObjectId<EnvironmentId>('test', 'environment'),
  networkSubnet: '10.21.0.0/16',
  subnet: 'fd00::21:1:0:0/96',
  ipv4: '10.21.1.2',
  ipv4Cidr: '10.21.1.2/16',
  ipv6: 'fd00::21:1:2:0',
  ipv6Cidr: 'fd00::21:1:2:0/96',
  legacySubnet: 1,
  legacyHost: 2,
  macAddress: '02:42:0a:15:01:02',
  vxlanTag: 21,
};

export const activeInstance: ActiveInstance = {
  instanceId,
  containerId,
  serverId,
  network,
  hostname: 'hello-2',
  state: 'running',
  changedAt: Date.UTC(2025, 5, 1, 12, 0, 1, 250),
  createdAt: Date.UTC(2025, 5, 1, 12),
  autoscaled: false,
  readiness: null,
  health: null,
  seed: 2,
};

/** A service that grants every request on one container; tests replace the part they are about. */
export const createFakeService = (parts: Partial<SchedulerService> = {}): SchedulerService => {
  const guard = (asked: string) =>
    asked === containerId
      ? null
      : ({ ok: false, rejection: { name: 'unknown-container', containerId: asked } } as const);
  return {
    claim: async ({ containerId: asked, token }) => guard(asked) ?? { ok: true, value: { instanceId, token, network } },
    spawn: async ({ containerId: asked, token }) =>
      guard(asked) ?? { ok: true, value: { instanceId, token, network, serverId } },
    release: async ({ containerId: asked, token }) =>
      guard(asked) ?? {
        ok: true,
        value: {
          instanceId,
          token,
          network,
          serverId,
          claimedAt: Date.UTC(2025, 5, 1, 12),
          spawnedAt: null,
          releasedAt: Date.UTC(2025, 5, 1, 12, 0, 2),
        },
      },
    active: ({ containerId: asked }) => guard(asked) ?? { ok: true, value: [activeInstance] },
    readiness: () => ({ ready: true, reason: null, functions: [] }),
    ...parts,
  };
};
