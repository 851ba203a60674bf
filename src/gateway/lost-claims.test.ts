import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startSampleGateway } from '../../test/support/gateway/sample-gateway.ts';

describe('a request whose claim is over before its answer', () => {
  it('ends no run of the next caller on the same instance', async () => {
    const answers: ServerResponse[] = [];
    const functionServer = createServer((_request, response) => {
      answers.push(response);
      response.write('begin');
    });
    const environment = { CYCLE_SIMULATED_EXIT_CODE: '0', CYCLE_SIMULATED_EXIT_AFTER_MS: '10' };
    await using sample = await startSampleGateway({ functionServer, spec: { environment, instances: 1 } });
    const first = await sample.fetch();
    await sample.clock.advance(10);
    await sample.idle();
    const next = await sample.fetch();
    answers[0]?.end('end');
    expect(await first.text()).toBe('beginend');
    await expect.poll(() => sample.linked).toHaveLength(1);
    expect(sample.events.map(({ name }) => name)).not.toContain('instance.stopping');
    answers[1]?.end('end');
    expect(await next.text()).toBe('beginend');
    await sample.idle();
    expect(new Set(sample.linked.map(({ instanceId }) => instanceId)).size).toBe(1);
  });

  it('is answered 503 at a reset, and never reaches the next run', async () => {
    await using sample = await startSampleGateway({ spec: { instances: 1 } });
    const answer = sample.fetch();
    await sample.event('instance.running');
    await sample.reset();
    const response = await answer;
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      503,
      '1',
      'destination_unavailable: The scheduler is not ready: the emulator was reset. Try again soon.\n',
    ]);
    await sample.idle();
  });
});
