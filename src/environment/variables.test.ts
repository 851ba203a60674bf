import { expect, test } from 'vitest';
import { containerId, instanceId, network, serverId } from '../../test/support/http/fake-service.ts';
import { cycleVariables, mergeEnvironment } from './variables.ts';

const given = cycleVariables({
  containerId,
  containerIdentifier: 'hello',
  instanceId,
  serverId,
  network,
  cpus: null,
});

test('a function has each variable that the platform documents as its own', () => {
  expect(Object.keys(given).sort()).toEqual([
    'CYCLE_API_TOKEN',
    'CYCLE_AUTO_START',
    'CYCLE_COMPUTE_PROXY',
    'CYCLE_CONTAINER_ID',
    'CYCLE_CONTAINER_IDENTIFIER',
    'CYCLE_CPU_LIMITED',
    'CYCLE_CPU_PERIOD',
    'CYCLE_CPU_QUOTA',
    'CYCLE_DEPLOYMENT_VERSION',
    'CYCLE_ENVIRONMENT_ID',
    'CYCLE_INSTANCE_ID',
    'CYCLE_INSTANCE_IPV6_CIDR',
    'CYCLE_INSTANCE_IPV6_IP',
    'CYCLE_INSTANCE_IPV6_SUBNET',
    'CYCLE_LOCATION_ID',
    'CYCLE_PROVIDER_IDENTIFIER',
    'CYCLE_PROVIDER_LOCATION',
    'CYCLE_PROVIDER_VENDOR',
    'CYCLE_SERVER_ID',
  ]);
});

test('a function’s compute proxy is always none here', () => {
  const forged = { CYCLE_COMPUTE_PROXY: 'http://forged' };
  expect(mergeEnvironment(forged, forged, given)['CYCLE_COMPUTE_PROXY']).toBe('');
});
