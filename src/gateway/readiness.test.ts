import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

const readiness_check = { command: 'is-ready', interval: '1s', timeout: '5s' };
const health_check = { command: 'is-healthy', interval: '1s', timeout: '5s', retries: 0, delay: '2s', restart: true };

const answering = (requests: string[]) =>
  createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end('answered');
  });

it('a request is passed on once the readiness check of its instance has succeeded', async () => {
  const requests: string[] = [];
  let code = 1;
  await using sample = await startSampleGateway({
    functionServer: answering(requests),
    spec: { checks: { readiness_check } },
    exec: () => code,
  });
  const answer = sample.fetch('/one');
  await sample.event('instance.running');
  await sample.clock.advance(2_500);
  expect(requests).toEqual([]);
  code = 0;
  await sample.clock.advance(500);
  const response = await answer;
  expect([response.status, await response.text(), requests]).toEqual([200, 'answered', ['/one']]);
});

it('a request is answered 504 where its instance is not ready in the time that it has to listen, and frees it', async () => {
  await using sample = await startSampleGateway({
    functionServer: answering([]),
    spec: { checks: { readiness_check } },
    exec: () => 1,
  });
  const answer = sample.fetch();
  await sample.event('instance.running');
  await sample.clock.advance(30_000);
  const response = await answer;
  expect([response.status, await response.text()]).toEqual([
    504,
    'destination_unavailable: The readiness check of web did not succeed within 30 s.\n',
  ]);
  await sample.idle();
});

it('a caller that hangs up while its instance is not ready frees it', async () => {
  await using sample = await startSampleGateway({
    functionServer: answering([]),
    spec: { checks: { readiness_check } },
    exec: () => 1,
  });
  const caller = new AbortController();
  const answer = sample.fetch('/', { signal: caller.signal });
  await sample.event('instance.running');
  caller.abort();
  await expect(answer).rejects.toThrow();
  await sample.event('instance.ended');
  await sample.idle();
});

it('a request is answered 502 where its run is ended for its health', async () => {
  const isHanging = Promise.withResolvers<void>();
  await using sample = await startSampleGateway({
    functionServer: createServer(() => isHanging.resolve()),
    spec: { checks: { health_check } },
    exec: () => 1,
  });
  const answer = sample.fetch();
  await isHanging.promise;
  await sample.clock.advance(2_000);
  const response = await answer;
  expect([response.status, await response.text()]).toEqual([
    502,
    'destination_unavailable: The instance of web was ended before it answered, for its health check has failed.\n',
  ]);
  await sample.idle();
});
