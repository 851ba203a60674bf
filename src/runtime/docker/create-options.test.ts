import { expect, test } from 'vitest';
import { sampleContainer } from '../../../test/support/runtime/sample-container.ts';
import { deriveObjectId, type EnvironmentId } from '../../shared/ids.ts';
import { toCreateOptions } from './create-options.ts';

test('create options name the MAC address in the endpoint alone, as Docker 29 demands', () => {
  const environmentId = deriveObjectId<EnvironmentId>('environment');
  const network = { environmentId, name: 'a-network', number: 7, ipv6: true, schedulerAddresses: [], extraHosts: [] };
  const owner = { pid: 1, started: '', boot: '', host: '' };
  const session = { id: 'session', version: '0.0.0-test', owner, ownerContainer: null, durable: null };
  const options = toCreateOptions(
    sampleContainer('image', network),
    {},
    { session, network, cpus: 1, publishOn: '127.0.0.1', launcher: null },
  );
  expect(options).not.toHaveProperty('MacAddress');
  expect(options.NetworkingConfig?.EndpointsConfig).toMatchObject({ 'a-network': { MacAddress: '02:42:0a:07:03:01' } });
});
