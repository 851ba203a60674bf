import request from 'supertest';
import { expect, test } from 'vitest';
import { containerId, createFakeService, instanceId } from '../../test/support/http/fake-service.ts';
import { createTestApp, functionPath, secret, token } from '../../test/support/http/test-app.ts';
import { readSchedulerApi } from '../openapi/load.ts';
import type { AnsweredRejection } from './answers.ts';

type Row = { readonly rejection: AnsweredRejection; readonly code: string; readonly says: string };

const rows: readonly Row[] = [
  { rejection: { name: 'unknown-container', containerId }, code: '404.container', says: containerId },
  { rejection: { name: 'not-a-function', containerId }, code: '422.not-compatible', says: containerId },
  { rejection: { name: 'unknown-instance', containerId, instanceId }, code: '404.instance', says: instanceId },
  { rejection: { name: 'wrong-token', instanceId }, code: '403.mismatch', says: instanceId },
  { rejection: { name: 'not-claimed', instanceId }, code: '403.invalid-state', says: instanceId },
  { rejection: { name: 'claim-expired', instanceId, leaseMs: 10_000 }, code: '403.invalid-state', says: '10 s' },
  { rejection: { name: 'already-spawned', instanceId }, code: '403.invalid-state', says: instanceId },
  { rejection: { name: 'already-released', instanceId }, code: '403.invalid-state', says: instanceId },
  { rejection: { name: 'run-ended', instanceId }, code: '403.invalid-state', says: 'ended' },
  { rejection: { name: 'queue-timeout', containerId, waitedMs: 5_000 }, code: '504.not-available', says: '5 s' },
  { rejection: { name: 'line-full', containerId, waiting: 1_000 }, code: '429.rate-limiting', says: '1000 claims' },
  { rejection: { name: 'start-failed', instanceId, reason: 'no such file: /srv' }, code: '500.unknown', says: '/srv' },
  {
    rejection: { name: 'invalid-variable', variable: 'A=', problem: 'no = in names' },
    code: '422.invalid-argument',
    says: '"A="',
  },
  { rejection: { name: 'not-ready', reason: 'the pools are being made' }, code: '503.not-ready', says: 'pools' },
];

test.each(rows)('$rejection.name is answered as $code', async ({ rejection, code, says }) => {
  const app = createTestApp({ service: createFakeService({ spawn: async () => ({ ok: false, rejection }) }) });
  const { status, body } = await request(app)
    .post(functionPath('spawn'))
    .set('X-CYCLE-ACCESS-KEY', secret)
    .send({ token, instance_id: instanceId });
  expect(status).toBe(Number(code.slice(0, 3)));
  expect(body).toMatchObject({ error: { status, code }, data: null });
  expect(body.error.detail).toContain(says);
});

test('a name in place of a container ID is answered with the ID', async () => {
  const counts = { size: 1, available: 1, claimed: 0, active: 0, preparing: 0, failed: 0, waiting: 0 };
  const readiness = () => ({ ready: true, reason: null, functions: [{ containerId, identifier: 'hello', ...counts }] });
  const app = createTestApp({ service: createFakeService({ readiness }) });
  const { body } = await request(app)
    .post('/v1/functions/hello/claim')
    .set('X-CYCLE-ACCESS-KEY', secret)
    .send({ token });
  expect(body.error).toMatchObject({
    code: '404.container',
    detail: `The environment has no container "hello". That is the name of container ${containerId}. Use this ID.`,
  });
});

test('an impossible variable is pointed at by an escaped JSON pointer', async () => {
  const rejection = { name: 'invalid-variable', variable: 'a/b~c=', problem: 'it has =' } as const;
  const app = createTestApp({ service: createFakeService({ spawn: async () => ({ ok: false, rejection }) }) });
  const { body } = await request(app)
    .post(functionPath('spawn'))
    .set('X-CYCLE-ACCESS-KEY', secret)
    .send({ token, instance_id: instanceId });
  expect(body.error.source).toBe('/runtime_variables/environment_variables/a~1b~0c=');
});

test('every code stands in the table of openapi.yaml', () => {
  const { info } = readSchedulerApi();
  const others = ['400.invalid-syntax', '401.auth-invalid', '403.invalid-ip', '404.uri', '415.invalid-content-type'];
  for (const code of [...rows.map((row) => row.code), ...others, '422.missing-argument', '422.max-exceeded']) {
    expect(info['description']).toContain(`| \`${code}\` |`);
  }
});
