import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type {
  ActiveInstance,
  ClaimedInstance,
  ReleasedInstance,
  Result,
  SchedulerService,
  SpawnedInstance,
} from '../engine/service.ts';
import type { InstanceNetwork } from '../environment/addresses.ts';
import type { components, operations } from '../openapi/wire-types.ts';
import { deriveObjectId, locationId } from '../shared/ids.ts';
import type { Logger } from '../shared/logger.ts';
import {
  type ApiResponse,
  type MatchedRequest,
  type Operation,
  sendData,
  sendError,
  sendRefusal,
  sendRequestError,
  toRejectionAnswer,
} from './answers.ts';
import { isAboutEmulator } from './request-log.ts';
import { leastTokenLength, noControlHere, unknownPath } from './validate.ts';

/** What an instance says of the platform around it. Here there is none, so these never change (our choice). */
const hubId = deriveObjectId<string>('emulator', 'hub');
const creator = { id: deriveObjectId<string>('emulator', 'creator'), type: 'environment' } as const;
const integrationId = deriveObjectId<string>('emulator', 'integration');
const provider = { vendor: 'emulator', integration_id: integrationId, location: 'local' } as const;

// The one place where the engine's words and the wire's meet: camelCase ⇄ snake_case, milliseconds ⇄ RFC 3339.

type Schemas = components['schemas'];
type Body<Name extends 'claimInstance' | 'spawnInstance' | 'releaseInstance'> =
  operations[Name]['requestBody']['content']['application/json'];

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

const toWireClaimed = (claimed: ClaimedInstance): Schemas['ClaimedInstance'] => ({
  instance_id: claimed.instanceId,
  environment: toWireNetwork(claimed.network),
  token: claimed.token,
});

const toWireSpawned = (spawned: SpawnedInstance): Schemas['SpawnedInstance'] => ({
  ...toWireClaimed(spawned),
  server_id: spawned.serverId,
});

/** D2: SpawnedInstance's fields and ReleasedInstance's, so that callers who expect either find them. */
const toWireReleased = (released: ReleasedInstance): Schemas['ReleaseAnswer'] => ({
  ...toWireSpawned(released),
  claimed: toDateTime(released.claimedAt),
  spawned: released.spawnedAt === null ? null : toDateTime(released.spawnedAt),
  released: toDateTime(released.releasedAt),
});

const toWireActive = (active: readonly ActiveInstance[]): Readonly<Record<string, Schemas['Instance']>> =>
  Object.fromEntries(active.map((instance) => [instance.instanceId, toWireInstance(instance)]));

/** PARITY: which of the optional fields the platform sends is unknown; ours sends those that may be null as null. */
const toWireInstance = (instance: ActiveInstance): Schemas['Instance'] => ({
  id: instance.instanceId,
  creator,
  hub_id: hubId,
  container_id: instance.containerId,
  location_id: locationId,
  environment: toWireNetwork(instance.network),
  extension: null,
  provider,
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

/** In characters as JSON Schema counts them. */
const isTooShort = (token: string): boolean => [...token.slice(0, 2 * leastTokenLength)].length < leastTokenLength;

/**
 * The API's operations, by the names that the description gives them. Requests have been validated before they come
 * here, hence the types of bodies; a container ID may be any text, since what is no ID at all is just as unknown to the
 * service.
 */
export const serveFunctions = (service: SchedulerService, logger: Logger): RequestHandler => {
  const answer = <Value>(
    response: ApiResponse,
    operation: Operation,
    result: Result<Value>,
    toWire: (value: Value) => unknown,
  ): void => {
    if (result.ok) return sendData(response, toWire(result.value));
    const { rejection } = result;
    if (rejection.name === 'caller-gone') {
      response.locals.code = rejection.name;
      response.destroy();
      return;
    }
    const functions = () => service.readiness().functions;
    sendRefusal(response, `${operation}/${rejection.name}`, toRejectionAnswer(rejection, functions));
  };

  /** A claim granted at the moment its caller hung up goes back at once, for others to take. */
  const returnClaim = async (containerId: string, { instanceId, token }: ClaimedInstance): Promise<void> => {
    const result = await service.release({ containerId, instanceId, token });
    if (!result.ok) logger.warn({ instance: instanceId, reason: result.rejection.name }, 'claim not returned');
  };

  const serve = {
    claimInstance: async (response: ApiResponse, containerId: string, { token }: Body<'claimInstance'>) => {
      const hangUp = new AbortController();
      response.once('close', () => {
        if (!response.writableFinished) hangUp.abort();
      });
      // Called once the event loop has gone round: a claim answered before that has not waited in line.
      let waited = false;
      const notice = setImmediate(() => {
        waited = true;
      });
      const result = await service.claim({ containerId, token, signal: hangUp.signal });
      clearImmediate(notice);
      if (result.ok) response.locals.instanceId = result.value.instanceId;
      if (result.ok && isTooShort(token)) {
        logger.warn(
          { container: containerId, instance: result.value.instanceId },
          `claimed with a token that cannot be spawned: it needs at least ${leastTokenLength} characters`,
        );
      }
      // A waiting caller may have hung up just now, unread so far: the event is there once the loop has come round. Twice,
      // since the first may still be of the turn in which the answer came.
      if (waited) await turnOfTheLoop().then(() => turnOfTheLoop());
      const { destroyed, readableEnded } = response.req.socket;
      const hungUp = hangUp.signal.aborted || destroyed || (waited && readableEnded);
      if (result.ok && hungUp) await returnClaim(containerId, result.value);
      else answer(response, 'claimInstance', result, toWireClaimed);
    },
    spawnInstance: async (response: ApiResponse, containerId: string, body: Body<'spawnInstance'>) => {
      const { instance_id: instanceId, token, runtime_variables: runtime } = body;
      response.locals.instanceId = instanceId;
      const variables = runtime?.environment_variables ?? {};
      const result = await service.spawn({ containerId, instanceId, token, variables });
      answer(response, 'spawnInstance', result, toWireSpawned);
    },
    releaseInstance: async (response: ApiResponse, containerId: string, body: Body<'releaseInstance'>) => {
      const { instance_id: instanceId, token } = body;
      response.locals.instanceId = instanceId;
      const result = await service.release({ containerId, instanceId, token });
      answer(response, 'releaseInstance', result, toWireReleased);
    },
    getActiveInstances: (response: ApiResponse, containerId: string) =>
      answer(response, 'getActiveInstances', service.active({ containerId }), toWireActive),
  } satisfies Record<Operation, unknown>;
  return ({ openapi, body }: MatchedRequest, response: ApiResponse, next) => {
    const operation = openapi?.schema.operationId;
    if (operation === undefined) next();
    else return serve[operation](response, openapi?.pathParams.containerId ?? '', body);
  };
};

/** Comes where everything about the emulator has been served, if it is served at all. */
export const refuseOtherPaths: RequestHandler = ({ path }, response: ApiResponse, next) => {
  if (isAboutEmulator(path)) sendError(response, noControlHere);
  // Another path than without the slash at its end; the validator would let it pass.
  else if (path !== '/' && path.endsWith('/')) sendRequestError(response, unknownPath);
  else next();
};
