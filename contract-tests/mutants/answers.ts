import type { Data, Refusal, Rejection } from '../reference/rules.ts';
import {
  changeAnswers,
  changeData,
  fails,
  isGood,
  isRefused,
  isRefusedAs,
  type Mutant,
  notes,
  warns,
  without,
} from './mutant.ts';

const all = ['claim', 'spawn', 'release'] as const;

/** Changes the data of good answers. */
const shaping = (name: string, description: string, ...[operations, change]: Parameters<typeof changeData>): Mutant =>
  fails(name, description, changeData(operations, change));

/** Changes what claim, spawn and release say about the network; or the operations given. */
const inNetwork = (name: string, description: string, changed: Data, operations: readonly string[] = all): Mutant =>
  fails(name, description, ({ network }) => ({
    network: (instance, operation) => ({
      ...network(instance, operation),
      ...(operations.includes(operation) ? changed : {}),
    }),
  }));

/** Changes what all answers say about the network. */
const forAll = (name: string, description: string, changed: Data): Mutant =>
  warns(name, description, ({ network }) => ({
    network: (instance, operation) => ({ ...network(instance, operation), ...changed }),
  }));

const otherId = '0123456789abcdef01234567';

const sameMac = { mac_addr: '02:42:0a:09:09:09' };
const sameIpv6 = { ipv6: { ip: 'fd00::9:9:9:0', cidr: 'fd00::9:9:9:0/96' } };

/** The form of good answers, and what they say about an instance from one answer to the next. */
export const shapeMutants: readonly Mutant[] = [
  shaping('id-in-capitals', 'Instance IDs have capital letters.', all, (data) => ({
    ...data,
    instance_id: String(data['instance_id']).toUpperCase(),
  })),
  shaping('id-as-uuid', 'Instance IDs are UUIDs.', 'claim', { instance_id: '0b54d1c9-5f0e-4a53-9d0f-1f0c2a9a7e11' }),
  shaping('claim-without-token', 'Claim answers no token.', 'claim', (data) => without(data, 'token')),
  shaping('claim-without-environment', 'Claim answers no environment.', 'claim', (data) =>
    without(data, 'environment'),
  ),
  shaping('claim-environment-null', 'Claim answers null for the environment.', 'claim', { environment: null }),
  shaping('claim-as-list', 'Claim answers a list of one.', 'claim', (data) => [data]),
  shaping('claim-wrapped-twice', 'Claim answers data within data.', 'claim', (data) => ({ data })),
  shaping('spawn-without-server', 'Spawn answers no server.', 'spawn', (data) => without(data, 'server_id')),
  shaping('spawn-server-by-name', 'Spawn answers the server’s name for its ID.', 'spawn', { server_id: 'server-1' }),
  shaping('spawn-answers-nothing', 'Spawn answers null.', 'spawn', () => null),
  shaping('spawn-with-true', 'Spawn answers true.', 'spawn', () => true),
  shaping('release-without-id', 'Release answers no instance ID.', 'release', (data) => without(data, 'instance_id')),
  shaping('spawn-answers-another-token', 'Spawn answers another token than claim did.', 'spawn', {
    token: 'another-token',
  }),
  shaping('release-answers-another-token', 'Release answers another token.', 'release', { token: 'another-token' }),
  shaping('release-answers-a-neighbour', 'Release answers the ID of another instance.', 'release', {
    instance_id: otherId,
  }),
  notes(
    'release-without-times',
    'Release answers the fields of SpawnedInstance alone (D2).',
    changeData('release', (data) => without(data, 'claimed', 'spawned', 'released')),
  ),
  forAll('network-the-same-for-all', 'All instances have one IPv6 address.', sameIpv6),
  forAll('network-mac-the-same-for-all', 'All instances have one MAC address.', sameMac),
  inNetwork('network-changes-at-spawn', 'Spawn answers another address than claim did.', sameIpv6, ['spawn']),
  inNetwork('network-changes-at-release', 'Release answers another MAC address.', sameMac, ['release']),
  inNetwork('environment-id-changes', 'Spawn answers another environment ID.', { id: otherId }, ['spawn']),
  inNetwork('network-ipv6-as-text', 'The IPv6 address is a string.', { ipv6: 'fd00::9:9:9:0/96' }),
  inNetwork('network-ipv6-without-cidr', 'The IPv6 address lacks its network.', { ipv6: { ip: 'fd00::9:9:9:0' } }),
  inNetwork('network-mac-as-number', 'The MAC address is a number.', { mac_addr: 2_482_658_000 }),
  inNetwork('network-tag-as-text', 'The VXLAN tag is a string.', { vxlan_tag: '9' }),
  inNetwork('network-without-legacy', 'The legacy part is missing where it should be null.', { legacy: undefined }),
  inNetwork('network-id-odd', 'The environment’s ID is none.', { id: 'environment-1' }),
  warns('addresses-repeat-over-functions', 'Instances of two functions have the same addresses.', ({ network }) => ({
    network: (instance, operation) => ({
      ...network(instance, operation),
      mac_addr: `02:42:0a:09:00:0${instance.seed + 1}`,
      legacy: {
        host: instance.seed + 1,
        subnet: 0,
        ipv4: { ip: `10.9.0.${instance.seed + 1}`, cidr: `10.9.0.${instance.seed + 1}/16` },
      },
    }),
  })),
  warns('addresses-repeat-after-two', 'The third instance has the address of the first.', ({ network }) => ({
    network: (instance, operation) => ({
      ...network(instance, operation),
      mac_addr: `02:42:0a:09:0${instance.fn.instances.length}:0${instance.seed % 2}`,
    }),
  })),
  fails(
    'good-with-201',
    'Claim answers 201.',
    changeAnswers((outcome, call) => isGood(outcome) && call.operation === 'claim', { status: 201 }),
  ),
  fails(
    'good-without-wrapping',
    'Good answers come without `data` around them.',
    changeAnswers(isGood, ({ body }) => ({ body: JSON.stringify(JSON.parse(body).data) })),
  ),
  fails('good-in-latin-1', 'Good answers are written in Latin-1.', ({ send }) => ({
    send: (response, answer, call) => {
      if (answer.status !== 200) return send(response, answer, call);
      response.writeHead(200, answer.headers).end(Buffer.from(answer.body, 'latin1'));
    },
  })),
  fails(
    'good-as-text',
    'Good answers are said to be plain text.',
    changeAnswers(isGood, { headers: { 'content-type': 'text/plain' } }),
  ),
];

const envelope = (name: string, description: string, write: (rejection: Rejection) => Data): Mutant =>
  fails(name, description, { envelope: write });

/** Changes the fields of all errors. */
const withError = (name: string, description: string, change: (rejection: Rejection) => Data): Mutant =>
  envelope(name, description, (rejection) => ({ error: change(rejection), data: null }));

const badly = (name: string, description: string, change: Parameters<typeof changeAnswers>[1]): Mutant =>
  fails(name, description, changeAnswers(isRefused, change));

const bare = (refusal: Refusal) => changeAnswers(isRefusedAs(refusal), { body: '{"error":"it failed"}' });

/** The form of errors. */
export const errorMutants: readonly Mutant[] = [
  badly('error-with-200', 'Errors come with status 200.', { status: 200 }),
  badly('error-with-another-status', 'The status is not that in the body.', ({ status }) => ({
    status: status === 400 ? 422 : 400,
  })),
  withError('error-code-of-another-status', 'Codes belong to another status.', (rejection) => ({
    ...rejection,
    code: rejection.status === 404 ? '403.mismatch' : '404.uri',
  })),
  withError('error-code-unknown', 'Codes are not those of the description.', (rejection) => ({
    ...rejection,
    code: `${rejection.status}.went-wrong`,
  })),
  withError('error-code-with-underscores', 'Codes have an underscore where the dot belongs.', (rejection) => ({
    ...rejection,
    code: rejection.code.replace('.', '_'),
  })),
  withError('error-code-missing', 'Errors have no code.', ({ status, title }) => ({ status, title })),
  withError('error-status-missing', 'The body does not repeat the status.', ({ code, title }) => ({ code, title })),
  withError('error-status-as-text', 'The status in the body is a string.', (rejection) => ({
    ...rejection,
    status: String(rejection.status),
  })),
  withError('error-title-missing', 'Errors have no title.', ({ status, code }) => ({ status, code })),
  envelope('error-data-missing', 'Errors lack their `data: null`.', (rejection) => ({ error: rejection })),
  envelope('error-data-not-null', 'Errors have an object for data.', (rejection) => ({ error: rejection, data: {} })),
  envelope('error-as-list', 'Errors come as a list.', (rejection) => ({ error: [rejection], data: null })),
  withError('error-source-not-text', 'The source of an error is an object.', (rejection) => ({
    ...rejection,
    source: { pointer: rejection.source ?? '' },
  })),
  envelope('error-unwrapped', 'Errors come without an envelope.', (rejection) => rejection),
  badly('error-as-html', 'Errors are said to be HTML.', { headers: { 'content-type': 'text/html' } }),
  badly('error-without-content-type', 'Errors have no content type.', { headers: {} }),
  badly('error-as-problem', 'Errors have the content type of RFC 9457.', {
    headers: { 'content-type': 'application/problem+json' },
  }),
  badly('error-with-garbage', 'Something follows the JSON of an error.', ({ body }) => ({
    body: `${body}\n<!-- scheduler 1.0 -->`,
  })),
  badly('error-empty', 'Errors have an empty body.', { body: '' }),
  fails('error-bare-for-instances', 'Unknown instances answer without the envelope.', bare('noInstance')),
  fails('error-bare-for-tokens', 'Wrong tokens answer without the envelope.', bare('wrongToken')),
  fails('error-bare-for-states', 'Wrong states answer without the envelope.', bare('wrongState')),
  fails('error-bare-for-the-line', 'Claims that waited in vain answer without the envelope.', bare('noneFree')),
  warns('error-bare-for-types', 'Wrong content types answer without the envelope.', bare('badType')),
  notes('error-bare-for-paths', 'Unknown paths answer without the envelope.', bare('badPath')),
  fails('error-bare-for-containers', 'Unknown containers answer without the envelope.', bare('noContainer')),
  fails('error-bare-for-fields', 'Bad fields answer without the envelope.', bare('invalid')),
  fails(
    'failed-start-without-envelope',
    'A failed start answers plain text.',
    changeAnswers(isRefusedAs('failed'), { headers: { 'content-type': 'text/plain' }, body: 'argument list too long' }),
  ),
];
