import { hostnameOf } from './probe.ts';
import type { Instance, Reference, Rules } from './rules.ts';
import { environmentId, serverId } from './runs.ts';

const accountId = '65a0000000000000000000e2';
const locationId = '65a0000000000000000000e3';
const createdAt = '2025-06-01T12:00:00.000Z';
/** D5: required of living instances, too. */
const notDeleted = '0001-01-01T00:00:00Z';

export const toDateTime = (at: number): string => new Date(at).toISOString();

export const createAnswerRules = (reference: Reference) =>
  ({
    network: describeNetwork,
    echo: (token) => token,
    claimed: (instance, token) => ({
      instance_id: instance.id,
      environment: reference.rules.network(instance, 'claim'),
      token: reference.rules.echo(token),
    }),
    spawned: (instance, token) => ({
      instance_id: instance.id,
      server_id: serverId,
      environment: reference.rules.network(instance, 'spawn'),
      token: reference.rules.echo(token),
    }),
    released: (instance, token) => {
      const { rules } = reference;
      const { claimed, spawned, released } = rules.times(instance);
      return {
        ...rules.spawned(instance, token),
        environment: rules.network(instance, 'release'),
        claimed: rules.writeTime(claimed),
        spawned: spawned === null ? null : rules.writeTime(spawned),
        released: rules.writeTime(released),
      };
    },
    times: ({ claimedAt, spawnedAt }) => ({ claimed: claimedAt, spawned: spawnedAt, released: reference.clock.now() }),
    writeTime: toDateTime,
    isActive: (instance) => instance.run !== null,
    stateOf: () => 'running',
    listed: (instance) => ({
      id: instance.id,
      creator: { id: accountId, type: 'environment' },
      hub_id: accountId,
      container_id: instance.fn.id,
      location_id: locationId,
      environment: reference.rules.network(instance, 'active'),
      provider: { vendor: 'reference', integration_id: accountId, location: 'here' },
      server_id: serverId,
      ready_state: 'active',
      hostname: hostnameOf(instance),
      function: { seed: instance.seed },
      state: {
        current: reference.rules.stateOf(instance),
        changed: toDateTime(instance.run?.startedAt ?? instance.claimedAt),
      },
      events: {
        created: createdAt,
        updated: toDateTime(instance.run?.startedAt ?? instance.claimedAt),
        deleted: notDeleted,
      },
    }),
    active: (fn) =>
      Object.fromEntries(
        fn.instances
          .filter((instance) => reference.rules.isActive(instance))
          .map((instance) => [instance.id, reference.rules.listed(instance)]),
      ),
    envelope: (rejection) => ({ error: rejection, data: null }),
    answer: (outcome) => {
      const rejection = 'rejection' in outcome ? outcome.rejection : null;
      const body = JSON.stringify(rejection ? reference.rules.envelope(rejection) : outcome);
      return { status: rejection?.status ?? 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body };
    },
    send: (response, { status, headers, body }) => {
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    },
  }) satisfies Partial<Rules>;

const describeNetwork = ({ fn, seed }: Instance) => {
  const block = fn.instances.length;
  const ipv4 = `10.9.${block}.${seed + 1}`;
  const ipv6 = `fd00::9:${block}:${seed + 1}:0`;
  return {
    id: environmentId,
    vxlan_tag: 9,
    network_subnet: '10.9.0.0/16',
    subnet: `fd00::9:${block}:0:0/96`,
    ipv6: { ip: ipv6, cidr: `${ipv6}/96` },
    legacy: { host: seed + 1, subnet: block, ipv4: { ip: ipv4, cidr: `${ipv4}/16` } },
    mac_addr: `02:42:0a:09:0${block}:0${seed + 1}`,
  };
};
