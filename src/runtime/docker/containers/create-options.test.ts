import { expect, test } from 'vitest';
import { sampleContainer } from '../../../../test/support/runtime/sample-container.ts';
import { deriveObjectId, type EnvironmentId } from '../../../shared/ids.ts';
import { toCreateOptions, toSandboxOptions } from './create-options.ts';

const environmentId = deriveObjectId<EnvironmentId>('environment');
const network = { environmentId, name: 'a-network', number: 7, ipv6: true, schedulerAddresses: [], extraHosts: [] };
const owner = { pid: 1, started: '', boot: '', host: '' };
const session = { id: 'session', version: '0.0.0-test', owner, ownerContainer: null, durable: null };
const context = { session, network, cpus: 1, publishOn: '127.0.0.1' };
const spec = sampleContainer('image', network);

test('create options name the MAC address in the endpoint alone, as Docker 29 demands', () => {
  const options = toCreateOptions(spec, {}, { ...context, launcher: null });
  expect(options).not.toHaveProperty('MacAddress');
  expect(options.NetworkingConfig?.EndpointsConfig).toMatchObject({ 'a-network': { MacAddress: '02:42:0a:07:03:01' } });
});

test('create options of a container that joins a sandbox name its network and its shim, and no network of its own', () => {
  const shimGroup = 'of-one-sandbox';
  const sandbox = toSandboxOptions(spec, context, 'a-volume', shimGroup);
  const joining = toCreateOptions(spec, {}, { ...context, launcher: null, sandbox: { dockerId: 'abc', shimGroup } });
  const Annotations = { 'io.containerd.runc.v2.group': shimGroup };
  expect(sandbox.HostConfig).toMatchObject({ NetworkMode: 'a-network', Annotations });
  expect(joining.HostConfig).toMatchObject({ NetworkMode: 'container:abc', Annotations });
  expect(joining).not.toHaveProperty('NetworkingConfig');
});
