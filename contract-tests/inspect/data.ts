import { BlockList, isIP } from 'node:net';
import { excerpt, fieldOf, isRecord, isSameJson, textOf, timeOf } from '../model/json.ts';
import type { DefectNumber, Operation } from '../model/result.ts';
import { documented, type Finding, type Inspection, inferred, merge, unless } from './findings.ts';
import { meetsD7, meetsD10, type Validate } from './validators.ts';

/** A success together with what was asked. */
type Success = {
  readonly operation: Operation;
  readonly container: string;
  /** The request's body; undefined where it was no JSON. */
  readonly sent: unknown;
  readonly data: unknown;
};

type Tools = { readonly validate: Validate; readonly memory: Memory };

/** Compares the data of a success with its schema, with the request, and with what was answered before. */
export const inspectData = (success: Success, tools: Tools): Inspection => {
  switch (success.operation) {
    case 'claimInstance':
      return { findings: inspectClaimed(success, tools), defects: [] };
    case 'spawnInstance':
      return { findings: inspectSpawned(success, tools), defects: [] };
    case 'releaseInstance':
      return inspectReleased(success, tools);
    case 'getActiveInstances':
      return inspectActive(success, tools);
  }
};

/** What answers have said of an instance so far; later ones must agree. */
type KnownInstance = {
  /** As the claim in force answered it. */
  readonly environment: unknown;
  readonly token: string;
  /** As spawn answered it; null before. */
  readonly serverId: string | null;
  /** Until the run has released it; later answers belong to another claim. */
  readonly isHeld: boolean;
};

/** What a run remembers of a target from one answer to the next. */
export interface Memory {
  instance(container: string, instance: string | null): KnownInstance | undefined;
  remember(container: string, instance: string, known: KnownInstance): void;
}

export const createMemory = (): Memory => {
  const instances = new Map<string, KnownInstance>();
  return {
    instance: (container, instance) => instances.get(`${container}/${instance}`),
    remember: (container, instance, known) => void instances.set(`${container}/${instance}`, known),
  };
};

const inspectClaimed = ({ container, sent, data }: Success, { validate, memory }: Tools): readonly Finding[] => {
  const environment = fieldOf(data, 'environment');
  const instance = textOf(fieldOf(data, 'instance_id'));
  const token = textOf(fieldOf(sent, 'token')) ?? textOf(fieldOf(data, 'token'));
  const earlier = token === null ? undefined : memory.instance(container, instance)?.environment;
  if (instance !== null && token !== null) {
    memory.remember(container, instance, { environment, token, serverId: null, isHeld: true });
  }
  return [
    ...validate('ClaimedInstance', data, '/data'),
    ...echoed('token', sent, data),
    ...inspectNetwork(environment),
    ...lowerCaseIds(data),
    ...unless(
      earlier === undefined || isSameJson(earlier, environment),
      inferred('An instance keeps its addresses from claim to claim.'),
      excerpt(earlier),
      excerpt(environment),
    ),
  ];
};

const inspectSpawned = ({ container, sent, data }: Success, { validate, memory }: Tools): readonly Finding[] => {
  const instance = textOf(fieldOf(sent, 'instance_id'));
  const known = memory.instance(container, instance);
  if (instance !== null && known !== undefined) {
    memory.remember(container, instance, { ...known, serverId: textOf(fieldOf(data, 'server_id')) });
  }
  return [
    ...validate('SpawnedInstance', data, '/data'),
    ...echoed('token', sent, data),
    ...echoed('instance_id', sent, data),
    ...lowerCaseIds(data),
    ...sameEnvironment(known?.environment, data, 'spawn'),
  ];
};

/**
 * D2: the answer may be a SpawnedInstance, a ReleasedInstance, or both. Either may have further fields, so that a part of
 * the one does not make a ReleasedInstance the other.
 */
const inspectReleased = ({ container, sent, data }: Success, { validate, memory }: Tools): Inspection => {
  const spawnedParts = ['server_id', 'environment', 'token'].filter((name) => fieldOf(data, name) !== undefined);
  const releasedParts = ['claimed', 'spawned', 'released'].filter((name) => fieldOf(data, name) !== undefined);
  const isSpawned = spawnedParts.length === 3 || (spawnedParts.length > 0 && releasedParts.length === 0);
  const instance = textOf(fieldOf(sent, 'instance_id'));
  const known = memory.instance(container, instance);
  // A release may be answered again when it is repeated; the instance may be another's by then.
  const own = known?.isHeld === true && known.token === fieldOf(sent, 'token') ? known : null;
  if (own !== null && instance !== null) memory.remember(container, instance, { ...own, isHeld: false });
  const findings = [
    ...validate('ReleasedInstance', data, '/data'),
    ...(isSpawned ? validate('SpawnedInstance', data, '/data') : []),
    ...echoed('instance_id', sent, data),
    ...(isSpawned ? echoed('token', sent, data) : []),
    ...lowerCaseIds(data),
    ...inOrder(data),
    ...(own !== null && isSpawned ? sameAsBefore(own, data, 'release') : []),
  ];
  return { findings, defects: isSpawned && releasedParts.length > 0 ? [] : ['D2'] };
};

const inspectActive = ({ container, data }: Success, tools: Tools): Inspection => {
  if (isRecord(data)) {
    return merge(Object.entries(data).map(([id, instance]) => inspectInstance(container, id, instance, tools)));
  }
  const isMap = documented('Active answers a map.', 'active');
  const expected = '/data is a map of instance ID to instance';
  return { findings: [{ ...isMap, expected, came: excerpt(data) }], defects: [] };
};

const inspectInstance = (container: string, id: string, instance: unknown, { validate, memory }: Tools): Inspection => {
  const place = `/data/${id}`;
  const same = (name: string, expected: string, rule: string): readonly Finding[] => {
    const came = fieldOf(instance, name);
    const isSame = came === undefined || came === expected;
    return unless(isSame, documented(rule, 'active'), `${place}/${name} ${excerpt(expected)}`, excerpt(came));
  };
  const current = fieldOf(instance, 'state', 'current');
  const known = memory.instance(container, id);
  // Before its spawn the instance may still be listed as it was in its previous run, and one that migrates moves.
  const isAtWork = known?.isHeld === true && known.serverId !== null && current !== 'migrating';
  const deleted = fieldOf(instance, 'events', 'deleted');
  const isD5 = deleted === null || textOf(deleted)?.startsWith('0001-') === true;
  const met: readonly (readonly [DefectNumber, boolean])[] = [
    ['D5', isD5],
    ['D7', meetsD7(instance)],
    ['D10', meetsD10(instance)],
  ];
  return {
    findings: [
      ...validate('Instance', instance, place),
      ...lowerCaseIds(instance),
      ...same('id', id, 'Active is keyed by instance ID.'),
      ...same('container_id', container, 'Active lists instances of the container asked for.'),
      ...(isAtWork ? sameAsBefore(known, instance, 'active') : []),
    ],
    defects: met.flatMap(([number, isMet]) => (isMet ? [number] : [])),
  };
};

/** What follows from the names of the network fields, though no format is described: addresses are addresses. */
const inspectNetwork = (environment: unknown): readonly Finding[] => {
  const rule = inferred('An instance’s addresses are addresses, and lie in their networks.');
  const [ipv6, ipv4] = [fieldOf(environment, 'ipv6'), fieldOf(environment, 'legacy', 'ipv4')];
  const mac = fieldOf(environment, 'mac_addr');
  const isMac = typeof mac !== 'string' || /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac);
  return [
    ...unless(isInside(ipv6, 6), rule, 'an IPv6 address inside its cidr', excerpt(ipv6)),
    ...unless(isInside(ipv4, 4), rule, 'an IPv4 address inside its cidr', excerpt(ipv4)),
    ...unless(isMac, rule, 'a MAC address', excerpt(mac)),
  ];
};

/** True also where there is no such network, or no text in it. */
const isInside = (net: unknown, version: 4 | 6): boolean => {
  const ip = fieldOf(net, 'ip');
  const cidr = fieldOf(net, 'cidr');
  if (typeof ip !== 'string' || typeof cidr !== 'string') return true;
  const [base = '', length = ''] = cidr.split('/');
  if (isIP(ip) !== version || isIP(base) !== version || !/^\d{1,3}$/.test(length)) return false;
  if (Number(length) > (version === 4 ? 32 : 128)) return false;
  const network = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  network.addSubnet(base, Number(length), family);
  return network.check(ip, family);
};

/** Times may be written in whole seconds, and some rounded up, some down. */
const roundingMs = 1_000;

/** A claim begins, is spawned and is released, in this order. */
const inOrder = (data: unknown): readonly Finding[] => {
  const moments = ['claimed', 'spawned', 'released'].flatMap((name) => {
    const at = timeOf(fieldOf(data, name));
    return Number.isNaN(at) ? [] : [{ name, at }];
  });
  if (moments.every(({ at }, index) => at + roundingMs >= (moments[index - 1]?.at ?? at))) return [];
  const came = excerpt(Object.fromEntries(moments.map(({ name, at }) => [name, new Date(at).toISOString()])));
  const rule = documented('An instance is claimed, then spawned, then released.', 'schemas');
  return [{ ...rule, expected: 'claimed ≤ spawned ≤ released', came }];
};

const echoed = (name: 'token' | 'instance_id', sent: unknown, data: unknown): readonly Finding[] => {
  const given = fieldOf(sent, name);
  const came = fieldOf(data, name);
  // A missing field is the schema's to report, and what was no string could not be echoed.
  if (typeof given !== 'string' || came === undefined || came === given) return [];
  const rule =
    name === 'token' ? 'The token comes back as it was given.' : 'The answer is about the instance asked for.';
  return [{ ...documented(rule, 'schemas'), expected: `/data/${name} ${excerpt(given)}`, came: excerpt(came) }];
};

const sameAsBefore = ({ environment, serverId }: KnownInstance, data: unknown, operation: string) => [
  ...sameEnvironment(environment, data, operation),
  ...sameServer(serverId, data, operation),
];

const sameEnvironment = (claimed: unknown, data: unknown, operation: string): readonly Finding[] => {
  const came = fieldOf(data, 'environment');
  const isSame = came === undefined || claimed === undefined || isSameJson(claimed, came);
  const rule = documented(`An instance’s environment is the same in claim and ${operation}.`, 'schemas');
  return unless(isSame, rule, excerpt(claimed), excerpt(came));
};

const sameServer = (spawned: string | null, data: unknown, operation: string): readonly Finding[] => {
  const came = fieldOf(data, 'server_id');
  const isSame = spawned === null || came === undefined || came === spawned;
  const rule = documented(`A run’s server is the same in spawn and ${operation}.`, 'schemas');
  return unless(isSame, rule, excerpt(spawned), excerpt(came));
};

const lowerCaseIds = (data: unknown): readonly Finding[] =>
  ['id', 'instance_id', 'server_id'].flatMap((name) => {
    const id = textOf(fieldOf(data, name));
    if (id === null || !/^[0-9a-f]{24}$/i.test(id) || id === id.toLowerCase()) return [];
    return [{ evidence: 'our-choice', rule: 'IDs are written in lower case.', expected: id.toLowerCase(), came: id }];
  });
