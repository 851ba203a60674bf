import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { rawFunction, startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const silent = () => rawFunction(() => {});
const hello = () => createServer(({ headers }, response) => response.end(JSON.stringify({ headers })));

describe('a request to a gateway that imitates another load balancer', () => {
  it('has its statuses', async () => {
    await using sample = await startSampleGateway({
      functionServer: silent(),
      policies: { statuses: { 404: 410, 503: 429 } },
    });
    expect((await fetch(sample.gateway.url)).status).toBe(410);
    sample.engine.close('the emulator is stopping');
    const response = await sample.fetch();
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(sample.linked).toEqual([expect.objectContaining({ status: 410 }), expect.objectContaining({ status: 429 })]);
  });

  it('has the status of a fault all the same', async () => {
    await using sample = await startSampleGateway({ functionServer: hello(), policies: { statuses: { 504: 503 } } });
    sample.faults.add({ id: 'x', match: { operation: 'reach' }, effect: { type: 'error', code: '504.not-available' } });
    expect((await sample.fetch()).status).toBe(504);
  });

  it('has its X-Forwarded headers, and none that the caller made up', async () => {
    await using sample = await startSampleGateway({
      functionServer: hello(),
      policies: { forwarded: ['for', 'proto-version'] },
    });
    const response = await sample.fetch('/', { headers: { 'X-Forwarded-Port': '6' } });
    const { headers } = (await response.json()) as { headers: Record<string, string> };
    expect(Object.entries(headers).filter(([name]) => name.startsWith('x-forwarded-'))).toEqual([
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-proto', 'HTTP/1.1'],
    ]);
  });
});
