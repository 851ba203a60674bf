import request from 'supertest';
import { expect, test } from 'vitest';
import { containerId, createFakeService, instanceId } from '../../test/support/http/fake-service.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';

const key = { 'X-CYCLE-ACCESS-KEY': secret };

test('one line per request says what was asked and answered', async () => {
  const { logger, lines } = createRecordingLogger();
  const rejection = { name: 'wrong-token', instanceId } as const;
  const app = createTestApp({
    logger,
    service: createFakeService({ release: async () => ({ ok: false, rejection }) }),
  });
  await request(app).post(functionPath('claim')).set(key).send({ token });
  await request(app).post(functionPath('release')).set(key).send({ token, instance_id: instanceId });
  await request(app).post(functionPath('claim')).set(key).send({});
  await request(app).get('/v1/nothing').set(key);
  await request(app).get(functionPath('active'));
  const durationMs = expect.any(Number);
  const common = { container: containerId, instance: null, code: null, durationMs };
  expect(lines).toMatchObject([
    { ...common, operation: 'claimInstance', instance: instanceId, status: 200 },
    { ...common, operation: 'releaseInstance', instance: instanceId, status: 403, code: '403.mismatch' },
    { ...common, operation: 'claimInstance', status: 422, code: '422.missing-argument' },
    { ...common, operation: null, container: null, status: 404, code: '404.uri' },
    { ...common, operation: null, container: null, status: 401, code: '401.auth-invalid' },
  ]);
});

test('no key or token reaches the log or an error, from any place of a request', async () => {
  const { logger, text } = createRecordingLogger();
  const app = createTestApp({ logger });
  const post = (operation: string, body: string | object, headers: object = key) =>
    request(app)
      .post(functionPath(operation))
      .set({ 'Content-Type': 'application/json', ...headers })
      .send(body);
  const answers = [
    await post('spawn', { token, instance_id: 'a'.repeat(24) }, { 'X-CYCLE-ACCESS-KEY': `${secret}x` }),
    await post('spawn', { token, instance_id: token }),
    await post('spawn', { token: [token], instance_id: instanceId }),
    await post('spawn', `{"token":"${token}" "instance_id":"x"}`),
    await post('spawn', `"${token}`),
    await post('spawn', token),
    await post('claim', { token: 7, [token]: token }),
    await post('claim', token, { ...key, 'Content-Type': `text/${token}` }),
    await post('claim', token, { ...key, 'Content-Encoding': token }),
    await request(app).get(`/${token}?key=${secret}`).set(key),
    await request(app)
      .post(`${functionPath('claim')}?token=${token}`)
      .set(key),
  ];
  for (const answer of answers) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toMatch(/canary/);
  }
  await post('claim', { token });
  expect(text()).not.toMatch(/canary/);
});
