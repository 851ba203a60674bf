import type {
  ActiveInstance,
  ClaimedInstance,
  Readiness,
  ReleasedInstance,
  SpawnedInstance,
} from '../engine/service.ts';
import type { InstanceNetwork } from '../environment/addresses.ts';
import type { components, operations } from '../openapi/wire-types.ts';
import { deriveObjectId, locationId } from '../shared/ids.ts';

/** What an instance says of the platform around it. Here there is none, so these never change (our choice). */
const platform = {
  hubId: deriveObjectId<string>('emulator', 'hub'),
  creatorId: deriveObjectId<string>('emulator', 'creator'),
  locationId,
  integrationId: deriveObjectId<string>('emulator', 'integration'),
  vendor: 'emulator',
  location: 'local',
} as const;

// The one place where the engine's words and the wire's meet: camelCase ⇄ snake_case, milliseconds ⇄ RFC 3339.

type Schemas = components['schemas'];
type Body<Name extends 'claimInstance' | 'spawnInstance' | 'releaseInstance'> =
  operations[Name]['requestBody']['content']['application/json'];

export type Operation = keyof operations;
export type ApiErrorCode = Schemas['ErrorCode'];
export type ApiErrorStatus = Schemas['Error']['status'];
export type ErrorEnvelope = Schemas['ErrorEnvelope'];
export type ClaimBody = Body<'claimInstance'>;
export type SpawnBody = Body<'spawnInstance'>;
export type ReleaseBody = Body<'releaseInstance'>;

/** What the description wants of the token of a spawn and a release, and not of that of a claim (documented). */
export const leastTokenLength = 5;

/** D5: the description wants a time of deletion of living instances, too; the platform writes Go's zero time. */
const notDeleted = '0001-01-01T00:00:00Z';

const toDateTime = (at: number): string => new Date(at).toISOString();

const toWireNetwork = (network: InstanceNetwork): Schemas['EnvironmentNetworkSummary'] => ({
  id: network.environmentId,
  vxlan_tag: network.vxlanTag,
  network_subnet: network.networkSubnet,
  subnet: network.subnet,
  ipv6: network.ipv6 === null || network.ipv6Cidr === null ? null : { ip: network.ipv6, cidr: network.ipv6Cidr },
  legacy: {
    host: network.legacyHost,
    subnet: network.legacySubnet,
    ipv4: { ip: network.ipv4, cidr: network.ipv4Cidr },
  },
  mac_addr: network.macAddress,
});

export const toWireClaimed = (claimed: ClaimedInstance): Schemas['ClaimedInstance'] => ({
  instance_id: claimed.instanceId,
  environment: toWireNetwork(claimed.network),
  token: claimed.token,
});

export const toWireSpawned = (spawned: SpawnedInstance): Schemas['SpawnedInstance'] => ({
  ...toWireClaimed(spawned),
  server_id: spawned.serverId,
});

/** D2: SpawnedInstance's fields and ReleasedInstance's, so that callers who expect either find them. */
export const toWireReleased = (released: ReleasedInstance): Schemas['ReleaseAnswer'] => ({
  ...toWireSpawned(released),
  claimed: toDateTime(released.claimedAt),
  spawned: released.spawnedAt === null ? null : toDateTime(released.spawnedAt),
  released: toDateTime(released.releasedAt),
});

export const toWireActive = (active: readonly ActiveInstance[]): Readonly<Record<string, Schemas['Instance']>> =>
  Object.fromEntries(active.map((instance) => [instance.instanceId, toWireInstance(instance)]));

/** PARITY: which of the optional fields the platform sends is unknown; ours sends those that may be null as null. */
const toWireInstance = (instance: ActiveInstance): Schemas['Instance'] => ({
  id: instance.instanceId,
  creator: { id: platform.creatorId, type: 'environment' },
  hub_id: platform.hubId,
  container_id: instance.containerId,
  location_id: platform.locationId,
  environment: toWireNetwork(instance.network),
  extension: null,
  provider: { vendor: platform.vendor, integration_id: platform.integrationId, location: platform.location },
  server_id: instance.serverId,
  ready_state: 'active',
  hostname: instance.hostname,
  function: { seed: instance.seed },
  stateful: null,
  purge_time: null,
  deployment: null,
  // PARITY: how long auto-scaled instances stay is not public; ours promise nothing beyond the moment they were made.
  autoscale: instance.autoscaled ? { min_ttl: toDateTime(instance.createdAt + (instance.minTtlMs ?? 0)) } : null,
  traffic_drain: null,
  migration: null,
  meta: null,
  state: {
    current: instance.state,
    changed: toDateTime(instance.changedAt),
    health: instance.health && { healthy: instance.health.passed, updated: toDateTime(instance.health.at) },
    readiness: instance.readiness && { ready: instance.readiness.passed, updated: toDateTime(instance.readiness.at) },
  },
  events: {
    created: toDateTime(instance.createdAt),
    updated: toDateTime(instance.changedAt),
    deleted: notDeleted,
  },
});

/** The emulator's own words, in the API's style. */
export const toWireFunctions = (functions: Readiness['functions']) =>
  functions.map(({ containerId, ...counts }) => ({ container_id: containerId, ...counts }));
