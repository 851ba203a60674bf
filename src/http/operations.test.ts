import createClient from 'openapi-fetch';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  activeInstance,
  containerId,
  createFakeService,
  instanceId,
  network,
  serverId,
} from '../../test/support/http/fake-service.ts';
import { createTestApp, secret, token } from '../../test/support/http/test-app.ts';
import type { SchedulerService } from '../engine/service.ts';
import type { paths } from '../openapi/wire-types.ts';
import { locationId } from '../shared/ids.ts';
import type { AppOptions } from './app.ts';
import { startHttpServer } from './server.ts';

/** A client of the generated types, as users have it. */
const startClient = async (parts: Partial<SchedulerService> = {}, options: Partial<AppOptions> = {}) => {
  const app = createTestApp({ service: createFakeService(parts), ...options });
  const server = await startHttpServer({ app, host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  return createClient<paths>({ baseUrl: server.url, headers: { 'X-CYCLE-ACCESS-KEY': secret } });
};

const environment = {
  id: network.environmentId,
  vxlan_tag: 21,
  network_subnet: '10.21.0.0/16',
  subnet: 'fd00::21:1:0:0/96',
  ipv6: { ip: 'fd00::21:1:2:0', cidr: 'fd00::21:1:2:0/96' },
  legacy: { host: 2, subnet: 1, ipv4: { ip: '10.21.1.2', cidr: '10.21.1.2/16' } },
  mac_addr: '02:42:0a:15:01:02',
};
const params = { path: { containerId } };

describe('the operations, through a typed client', () => {
  test('claim answers the instance, its network and the token', async () => {
    const client = await startClient();
    const { data, response } = await client.POST('/v1/functions/{containerId}/claim', { params, body: { token } });
    expect(response.status).toBe(200);
    expect(data).toEqual({ data: { instance_id: instanceId, environment, token } });
  });

  test('claim takes a token that spawn would find too short (D3)', async () => {
    const client = await startClient();
    const { data } = await client.POST('/v1/functions/{containerId}/claim', { params, body: { token: 'a' } });
    expect(data?.data.token).toBe('a');
  });

  test('claim shows an environment without IPv6 as null', async () => {
    const value = { instanceId, token, network: { ...network, ipv6: null, ipv6Cidr: null } };
    const client = await startClient({ claim: async () => ({ ok: true, value }) });
    const { data } = await client.POST('/v1/functions/{containerId}/claim', { params, body: { token } });
    expect(data?.data.environment).toEqual({ ...environment, ipv6: null });
  });

  test('spawn passes on the variables and answers the server', async () => {
    const asked: unknown[] = [];
    const client = await startClient({
      spawn: (request) => {
        asked.push(request);
        return Promise.resolve({ ok: true, value: { instanceId, token, network, serverId } });
      },
    });
    const variables = { A: '1', 'ключ/~': 'значение', EMPTY: '' };
    const { data } = await client.POST('/v1/functions/{containerId}/spawn', {
      params,
      body: { token, instance_id: instanceId, runtime_variables: { environment_variables: variables } },
    });
    expect(data).toEqual({ data: { instance_id: instanceId, environment, token, server_id: serverId } });
    expect(asked).toEqual([{ containerId, instanceId, token, variables }]);
  });

  test.each([undefined, null, {}, { environment_variables: null }])(
    'spawn takes %j for no variables',
    async (given) => {
      const asked: unknown[] = [];
      const client = await startClient({
        spawn: ({ variables }) => {
          asked.push(variables);
          return Promise.resolve({ ok: true, value: { instanceId, token, network, serverId } });
        },
      });
      const body = { token, instance_id: instanceId, ...(given === undefined ? {} : { runtime_variables: given }) };
      await client.POST('/v1/functions/{containerId}/spawn', { params, body });
      expect(asked).toEqual([{}]);
    },
  );

  test('release answers both readings of the description (D2)', async () => {
    const client = await startClient();
    const body = { token, instance_id: instanceId };
    const { data } = await client.POST('/v1/functions/{containerId}/release', { params, body });
    expect(data).toEqual({
      data: {
        instance_id: instanceId,
        environment,
        token,
        server_id: serverId,
        claimed: '2025-06-01T12:00:00.000Z',
        spawned: null,
        released: '2025-06-01T12:00:02.000Z',
      },
    });
  });

  test('active maps IDs to instances', async () => {
    const client = await startClient();
    const { data } = await client.GET('/v1/functions/{containerId}/active', { params });
    expect(data?.data).toMatchObject({
      [instanceId]: {
        id: instanceId,
        container_id: containerId,
        server_id: serverId,
        location_id: locationId,
        environment,
        ready_state: 'active',
        hostname: 'hello-2',
        function: { seed: 2 },
        autoscale: null,
        deployment: null,
        provider: { vendor: 'emulator', location: 'local' },
        state: { current: 'running', changed: '2025-06-01T12:00:01.250Z', health: null, readiness: null },
        events: {
          created: '2025-06-01T12:00:00.000Z',
          updated: '2025-06-01T12:00:01.250Z',
          deleted: '0001-01-01T00:00:00Z',
        },
      },
    });
  });

  test('active shows what checks have found', async () => {
    const at = Date.UTC(2025, 5, 1, 12, 0, 2);
    const checked = { ...activeInstance, health: { passed: false, at }, readiness: { passed: null, at } };
    const client = await startClient({ active: () => ({ ok: true, value: [checked] }) });
    const { data } = await client.GET('/v1/functions/{containerId}/active', { params });
    expect(data?.data[instanceId]?.state).toMatchObject({
      health: { healthy: false, updated: '2025-06-01T12:00:02.000Z' },
      readiness: { ready: null, updated: '2025-06-01T12:00:02.000Z' },
    });
  });

  test('active marks an instance that auto-scaling made', async () => {
    const client = await startClient({
      active: () => ({ ok: true, value: [{ ...activeInstance, autoscaled: true }] }),
    });
    const { data } = await client.GET('/v1/functions/{containerId}/active', { params });
    expect(data?.data[instanceId]?.autoscale).toEqual({ min_ttl: '2025-06-01T12:00:00.000Z' });
  });

  test('an error reaches the client as one', async () => {
    const rejection = { name: 'wrong-token', instanceId } as const;
    const client = await startClient({ spawn: async () => ({ ok: false, rejection }) });
    const body = { token, instance_id: instanceId };
    const { data, error } = await client.POST('/v1/functions/{containerId}/spawn', { params, body });
    expect(data).toBeUndefined();
    expect(error?.error).toMatchObject({ status: 403, code: '403.mismatch' });
  });

  test('a recorded behaviour replaces status and code of one question only', async () => {
    const rejection = { name: 'wrong-token', instanceId } as const;
    const client = await startClient(
      { spawn: async () => ({ ok: false, rejection }), release: async () => ({ ok: false, rejection }) },
      { imitation: { answerOverrides: { 'spawnInstance/wrong-token': { status: 404, code: '404.instance' } } } },
    );
    const body = { token, instance_id: instanceId };
    const spawned = await client.POST('/v1/functions/{containerId}/spawn', { params, body });
    const released = await client.POST('/v1/functions/{containerId}/release', { params, body });
    expect(spawned.error?.error).toMatchObject({ status: 404, code: '404.instance', title: 'Token mismatch' });
    expect(released.error?.error).toMatchObject({ status: 403, code: '403.mismatch' });
  });
});
