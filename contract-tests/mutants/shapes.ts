import type { Operation } from '../reference/rules.ts';
import { changeAnswers, changeData, isRefused, type Mutant } from './mutant.ts';

type Data = Readonly<Record<string, unknown>>;

const shaping = (
  name: string,
  description: string,
  operations: readonly Operation[],
  change: (data: Data) => unknown,
): Mutant => ({ name, description, expect: 'fail', apply: (rules) => changeData(rules, operations, change) });

const inNetwork = (name: string, description: string, operations: readonly Operation[], changed: Data): Mutant =>
  shaping(name, description, operations, (data) => ({
    ...data,
    environment: { ...(data['environment'] as object), ...changed },
  }));

const forAll = (name: string, description: string, changed: Data): Mutant => ({
  name,
  description,
  expect: 'warn',
  apply: (rules) => {
    const { network } = rules;
    rules.network = (instance, operation) => ({ ...(network(instance, operation) as object), ...changed });
  },
});

const all: readonly Operation[] = ['claim', 'spawn', 'release'];

/** The form of good answers, and what they say about an instance from one answer to the next. */
export const shapeMutants: readonly Mutant[] = [
  shaping('id-in-capitals', 'Instance IDs have capital letters.', all, (data) => ({
    ...data,
    instance_id: String(data['instance_id']).toUpperCase(),
  })),
  shaping('id-as-uuid', 'Instance IDs are UUIDs.', ['claim'], (data) => ({
    ...data,
    instance_id: '0b54d1c9-5f0e-4a53-9d0f-1f0c2a9a7e11',
  })),
  shaping('claim-without-token', 'Claim answers no token.', ['claim'], (data) => without(data, 'token')),
  shaping('claim-without-environment', 'Claim answers no environment.', ['claim'], (data) =>
    without(data, 'environment'),
  ),
  shaping('claim-environment-null', 'Claim answers null for the environment.', ['claim'], (data) => ({
    ...data,
    environment: null,
  })),
  shaping('claim-as-list', 'Claim answers a list of one.', ['claim'], (data) => [data]),
  shaping('claim-wrapped-twice', 'Claim answers data within data.', ['claim'], (data) => ({ data })),
  shaping('spawn-without-server', 'Spawn answers no server.', ['spawn'], (data) => without(data, 'server_id')),
  shaping('spawn-server-by-name', 'Spawn answers the server’s name for its ID.', ['spawn'], (data) => ({
    ...data,
    server_id: 'server-1',
  })),
  shaping('spawn-answers-nothing', 'Spawn answers null.', ['spawn'], () => null),
  shaping('spawn-with-true', 'Spawn answers true.', ['spawn'], () => true),
  shaping('release-without-id', 'Release answers no instance ID.', ['release'], (data) => without(data, 'instance_id')),
  forAll('network-the-same-for-all', 'All instances have one IPv6 address.', {
    ipv6: { ip: 'fd00::9:9:9:0', cidr: 'fd00::9:9:9:0/96' },
  }),
  forAll('network-mac-the-same-for-all', 'All instances have one MAC address.', { mac_addr: '02:42:0a:09:09:09' }),
  inNetwork('network-changes-at-spawn', 'Spawn answers another address than claim did.', ['spawn'], {
    ipv6: { ip: 'fd00::9:9:9:0', cidr: 'fd00::9:9:9:0/96' },
  }),
  inNetwork('network-changes-at-release', 'Release answers another MAC address than claim did.', ['release'], {
    mac_addr: '02:42:0a:09:09:09',
  }),
  inNetwork('environment-id-changes', 'Spawn answers another environment ID than claim did.', ['spawn'], {
    id: '0123456789abcdef01234567',
  }),
  inNetwork('network-ipv6-as-text', 'The IPv6 address is a string.', all, { ipv6: 'fd00::9:9:9:0/96' }),
  inNetwork('network-ipv6-without-cidr', 'The IPv6 address lacks its network.', all, { ipv6: { ip: 'fd00::9:9:9:0' } }),
  inNetwork('network-mac-as-number', 'The MAC address is a number.', all, { mac_addr: 2_482_658_000 }),
  inNetwork('network-tag-as-text', 'The VXLAN tag is a string.', all, { vxlan_tag: '9' }),
  inNetwork('network-without-legacy', 'The legacy part is missing where it should be null.', all, {
    legacy: undefined,
  }),
  inNetwork('network-id-odd', 'The environment’s ID is none.', all, { id: 'environment-1' }),
  {
    name: 'good-with-201',
    description: 'Claim answers 201.',
    expect: 'fail',
    apply: (rules) =>
      changeAnswers(
        rules,
        (outcome, call) => !isRefused(outcome) && call.operation === 'claim',
        (answer) => ({ ...answer, status: 201 }),
      ),
  },
  {
    name: 'good-without-wrapping',
    description: 'Good answers come without `data` around them.',
    expect: 'fail',
    apply: (rules) =>
      changeAnswers(
        rules,
        (outcome) => !isRefused(outcome),
        (answer) => ({ ...answer, body: JSON.stringify(JSON.parse(answer.body).data) }),
      ),
  },
  {
    name: 'good-in-latin-1',
    description: 'Good answers are written in Latin-1.',
    expect: 'fail',
    apply: (rules) => {
      const { send } = rules;
      rules.send = (response, answer, call) => {
        if (answer.status !== 200) return send(response, answer, call);
        response.writeHead(200, answer.headers).end(Buffer.from(answer.body, 'latin1'));
      };
    },
  },
  {
    name: 'good-as-text',
    description: 'Good answers are said to be plain text.',
    expect: 'fail',
    apply: (rules) =>
      changeAnswers(
        rules,
        (outcome) => !isRefused(outcome),
        (answer) => ({ ...answer, headers: { 'content-type': 'text/plain' } }),
      ),
  },
];

const without = (data: Data, name: string): Data =>
  Object.fromEntries(Object.entries(data).filter(([field]) => field !== name));
