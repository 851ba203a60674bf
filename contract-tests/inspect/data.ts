import { BlockList, isIP } from 'node:net';
import { excerpt, fieldOf, isRecord, isSameJson, textOf, timeOf } from '../model/json.ts';
import type { DefectNumber, Operation } from '../model/result.ts';
import { type Finding, type Inspection, merge } from './findings.ts';
import { meetsD7, meetsD10, type Validate } from './validators.ts';

/** What follows from the names of the network fields, though no format is described: addresses are addresses. */
const inspectNetwork = (environment: unknown): readonly Finding[] => {
  const findings: Finding[] = [];
  const expect = (isMet: boolean, expected: string, came: unknown): void => {
    const rule = 'An instance’s addresses are addresses, and lie in their networks.';
    if (!isMet) findings.push({ evidence: 'inferred', rule, expected, came: excerpt(came) });
  };
  const ipv6 = fieldOf(environment, 'ipv6');
  const ipv4 = fieldOf(environment, 'legacy', 'ipv4');
  if (ipv6 !== null && ipv6 !== undefined) expect(isInside(ipv6, 6), 'an IPv6 address inside its cidr', ipv6);
  if (ipv4 !== null && ipv4 !== undefined) expect(isInside(ipv4, 4), 'an IPv4 address inside its cidr', ipv4);
  const mac = fieldOf(environment, 'mac_addr');
  if (typeof mac === 'string') expect(/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac), 'a MAC address', mac);
  return findings;
};

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
  instance(container: string, instance: string): KnownInstance | undefined;
  remember(container: string, instance: string, known: KnownInstance): void;
}

export const createMemory = (): Memory => {
  const instances = new Map<string, KnownInstance>();
  const key = (container: string, instance: string): string => `${container}/${instance}`;
  return {
    instance: (container, instance) => instances.get(key(container, instance)),
    remember: (container, instance, known) => void instances.set(key(container, instance), known),
  };
};

/** A success together with what was asked. */
type Success = {
  readonly operation: Operation;
  readonly container: string;
  /** The request's body; undefined where it was no JSON. */
  readonly sent: unknown;
  readonly data: unknown;
};

type Tools = { readonly validate: Validate; readonly memory: Memory };

/** Holds the data of a success to its schema, to the request, and to what was answered before. */
export const inspectData = (success: Success, tools: Tools): Inspection => {
  switch (success.operation) {
    case 'claimInstance':
      return inspectClaimed(success, tools);
    case 'spawnInstance':
      return inspectSpawned(success, tools);
    case 'releaseInstance':
      return inspectReleased(success, tools);
    case 'getActiveInstances':
      return inspectActive(success, tools);
  }
};

const inspectClaimed = ({ container, sent, data }: Success, { validate, memory }: Tools): Inspection => {
  const findings = [...validate('ClaimedInstance', data, '/data'), ...echoed('token', sent, data)];
  const environment = fieldOf(data, 'environment');
  findings.push(...inspectNetwork(environment), ...lowerCaseIds(data));
  const instance = textOf(fieldOf(data, 'instance_id'));
  const token = textOf(fieldOf(sent, 'token')) ?? textOf(fieldOf(data, 'token'));
  if (instance !== null && token !== null) {
    const earlier = memory.instance(container, instance)?.environment;
    if (earlier !== undefined && !isSameJson(earlier, environment)) {
      findings.push({
        evidence: 'inferred',
        rule: 'An instance keeps its addresses from claim to claim.',
        expected: excerpt(earlier),
        came: excerpt(environment),
      });
    }
    memory.remember(container, instance, { environment, token, serverId: null, isHeld: true });
  }
  return { findings, defects: [] };
};

const inspectSpawned = ({ container, sent, data }: Success, { validate, memory }: Tools): Inspection => {
  const findings = [
    ...validate('SpawnedInstance', data, '/data'),
    ...echoed('token', sent, data),
    ...echoed('instance_id', sent, data),
    ...lowerCaseIds(data),
  ];
  const instance = textOf(fieldOf(sent, 'instance_id'));
  const known = instance === null ? undefined : memory.instance(container, instance);
  if (instance === null || known === undefined) return { findings, defects: [] };
  findings.push(...sameEnvironment(known.environment, data, 'spawn'));
  memory.remember(container, instance, { ...known, serverId: textOf(fieldOf(data, 'server_id')) });
  return { findings, defects: [] };
};

/**
 * D2: the answer may be a SpawnedInstance, a ReleasedInstance, or both. Either may have further fields, so that a part of
 * the one does not make a ReleasedInstance the other.
 */
const inspectReleased = ({ container, sent, data }: Success, { validate, memory }: Tools): Inspection => {
  const spawnedParts = ['server_id', 'environment', 'token'].filter((name) => fieldOf(data, name) !== undefined);
  const releasedParts = ['claimed', 'spawned', 'released'].filter((name) => fieldOf(data, name) !== undefined);
  const isSpawned = spawnedParts.length === 3 || (spawnedParts.length > 0 && releasedParts.length === 0);
  const findings = [
    ...validate('ReleasedInstance', data, '/data'),
    ...(isSpawned ? validate('SpawnedInstance', data, '/data') : []),
    ...echoed('instance_id', sent, data),
    ...(isSpawned ? echoed('token', sent, data) : []),
    ...lowerCaseIds(data),
    ...inOrder(data),
  ];
  const instance = textOf(fieldOf(sent, 'instance_id'));
  const known = instance === null ? undefined : memory.instance(container, instance);
  // A release may be answered again when it is repeated; the instance may be another's by then.
  const isHolders = known?.isHeld === true && known.token === fieldOf(sent, 'token');
  if (isHolders && instance !== null) memory.remember(container, instance, { ...known, isHeld: false });
  if (isHolders && isSpawned) {
    findings.push(
      ...sameEnvironment(known.environment, data, 'release'),
      ...sameServer(known.serverId, data, 'release'),
    );
  }
  return { findings, defects: isSpawned && releasedParts.length > 0 ? [] : ['D2'] };
};

/** Times may be written in whole seconds, and some rounded up, some down. */
const roundingMs = 1_000;

/** A claim begins, is spawned and is released, in this order. */
const inOrder = (data: unknown): readonly Finding[] => {
  const moments = ['claimed', 'spawned', 'released'].flatMap((name) => {
    const at = timeOf(fieldOf(data, name));
    return Number.isNaN(at) ? [] : [{ name, at }];
  });
  const isOrdered = moments.every(({ at }, index) => at + roundingMs >= (moments[index - 1]?.at ?? at));
  return isOrdered
    ? []
    : [
        {
          evidence: 'documented',
          source: 'schemas',
          rule: 'An instance is claimed, then spawned, then released.',
          expected: 'claimed ≤ spawned ≤ released',
          came: excerpt(Object.fromEntries(moments.map(({ name, at }) => [name, new Date(at).toISOString()]))),
        },
      ];
};

const inspectActive = ({ container, data }: Success, { validate, memory }: Tools): Inspection => {
  if (!isRecord(data)) {
    const expected = '/data is a map of instance ID to instance';
    return {
      findings: [
        { evidence: 'documented', source: 'active', rule: 'Active answers a map.', expected, came: excerpt(data) },
      ],
      defects: [],
    };
  }
  const tools = { validate, memory };
  return merge(Object.entries(data).map(([id, instance]) => inspectInstance(container, id, instance, tools)));
};

const inspectInstance = (container: string, id: string, instance: unknown, { validate, memory }: Tools): Inspection => {
  const place = `/data/${id}`;
  const findings = [...validate('Instance', instance, place), ...lowerCaseIds(instance)];
  const same = (name: string, expected: string, rule: string): void => {
    const came = fieldOf(instance, name);
    if (came !== undefined && came !== expected) {
      findings.push({
        evidence: 'documented',
        source: 'active',
        rule,
        expected: `${place}/${name} ${excerpt(expected)}`,
        came: excerpt(came),
      });
    }
  };
  same('id', id, 'Active is keyed by instance ID.');
  same('container_id', container, 'Active lists instances of the container asked for.');
  const current = fieldOf(instance, 'state', 'current');
  const known = memory.instance(container, id);
  // Before its spawn the instance may still be listed as it was in its previous run, and one that migrates moves.
  if (known?.isHeld && known.serverId !== null && current !== 'migrating') {
    findings.push(
      ...sameEnvironment(known.environment, instance, 'active'),
      ...sameServer(known.serverId, instance, 'active'),
    );
  }
  const deleted = textOf(fieldOf(instance, 'events', 'deleted'));
  const isD5 = fieldOf(instance, 'events', 'deleted') === null || deleted?.startsWith('0001-');
  const defects: DefectNumber[] = [];
  if (isD5) defects.push('D5');
  if (meetsD7(instance)) defects.push('D7');
  if (meetsD10(instance)) defects.push('D10');
  return { findings, defects };
};

const echoed = (name: 'token' | 'instance_id', sent: unknown, data: unknown): readonly Finding[] => {
  const given = fieldOf(sent, name);
  const came = fieldOf(data, name);
  // A missing field is the schema's to report, and what was no string could not be echoed.
  if (typeof given !== 'string' || came === undefined || came === given) return [];
  const rule =
    name === 'token' ? 'The token comes back as it was given.' : 'The answer is about the instance asked for.';
  const expected = `/data/${name} ${excerpt(given)}`;
  return [{ evidence: 'documented', source: 'schemas', rule, expected, came: excerpt(came) }];
};

const sameEnvironment = (claimed: unknown, data: unknown, operation: string): readonly Finding[] => {
  const came = fieldOf(data, 'environment');
  if (came === undefined || claimed === undefined || isSameJson(claimed, came)) return [];
  const rule = `An instance’s environment is the same in claim and ${operation}.`;
  return [{ evidence: 'documented', source: 'schemas', rule, expected: excerpt(claimed), came: excerpt(came) }];
};

const sameServer = (spawned: string | null, data: unknown, operation: string): readonly Finding[] => {
  const came = fieldOf(data, 'server_id');
  if (spawned === null || came === undefined || came === spawned) return [];
  const rule = `A run’s server is the same in spawn and ${operation}.`;
  return [{ evidence: 'documented', source: 'schemas', rule, expected: excerpt(spawned), came: excerpt(came) }];
};

const lowerCaseIds = (data: unknown): readonly Finding[] =>
  ['id', 'instance_id', 'server_id'].flatMap((name) => {
    const id = fieldOf(data, name);
    return typeof id === 'string' && /^[0-9a-f]{24}$/i.test(id) && id !== id.toLowerCase()
      ? [
          {
            evidence: 'our-choice',
            rule: 'IDs are written in lower case.',
            expected: id.toLowerCase(),
            came: id,
          } as const,
        ]
      : [];
  });
