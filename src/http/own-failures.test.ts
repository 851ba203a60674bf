import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { createFakeService } from '../../test/support/http/fake-service.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';

const claim = functionPath('claim');

describe('a failure of the scheduler itself', () => {
  test('a handler that throws is a 500 with a fixed text; the stack is in the log alone', async () => {
    const { logger, lines } = createRecordingLogger();
    const service = createFakeService({ claim: () => Promise.reject(new Error('secret inside')) });
    const broken = createTestApp({ service, logger });
    const answer = await request(broken).post(claim).set('X-CYCLE-ACCESS-KEY', secret).send({ token });
    expect(answer.status).toBe(500);
    expect(answer.body.error.code).toBe('500.unknown');
    expect(answer.text).not.toContain('secret inside');
    expect(lines[0]).toMatchObject({ msg: 'request failed', err: { stack: expect.stringContaining('secret inside') } });
  });

  test('stays a 500 where the error looks like the caller’s', async () => {
    const failure = Object.assign(new Error('no such container'), { status: 404, type: 'entity.parse.failed' });
    const broken = createTestApp({ service: createFakeService({ claim: () => Promise.reject(failure) }) });
    const answer = await request(broken).post(claim).set('X-CYCLE-ACCESS-KEY', secret).send({ token });
    expect(answer.body.error).toMatchObject({ status: 500, code: '500.unknown' });
  });

  test('an answer that breaks the description is a logged 500, too', async () => {
    const { logger, lines } = createRecordingLogger();
    const claimed = { instanceId: 'not an ID', token, network: {} };
    const service = createFakeService({ claim: async () => ({ ok: true, value: claimed as never }) });
    const broken = createTestApp({ service, logger });
    const answer = await request(broken).post(claim).set('X-CYCLE-ACCESS-KEY', secret).send({ token });
    expect(answer.status).toBe(500);
    expect(answer.body.error.code).toBe('500.unknown');
    expect(lines[0]).toMatchObject({ msg: 'request failed' });
  });
});
