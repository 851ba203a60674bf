import request from 'supertest';
import { expect, test } from 'vitest';
import { instanceId } from '../../test/support/http/fake-service.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, functionPath, secret } from '../../test/support/http/test-app.ts';

const ask = async (operation: string, body: object) => {
  const log = createRecordingLogger();
  const app = createTestApp({ logger: log.logger });
  const answer = await request(app).post(functionPath(operation)).set('X-CYCLE-ACCESS-KEY', secret).send(body);
  return {
    status: answer.status,
    error: answer.body.error,
    warnings: log.lines.filter(({ level }) => level === 40),
    log,
  };
};

test.each(['x', '', 'äöüß', '😀😀😀😀'])(
  'a claim with the token "%s" is granted, with a warning that no spawn will be',
  async (token) => {
    const { status, warnings, log } = await ask('claim', { token });
    expect(status).toBe(200);
    expect(warnings).toMatchObject([{ instance: instanceId, msg: expect.stringContaining('at least 5 characters') }]);
    if (token !== '') expect(log.text()).not.toContain(`"${token}"`);
  },
);

test('a claim with a token that is long enough has no warning', async () => {
  expect((await ask('claim', { token: '😀😀😀😀😀' })).warnings).toEqual([]);
});

test.each(['spawn', 'release'])('a %s with a short token says why it can never be done', async (operation) => {
  const { status, error } = await ask(operation, { token: 'x', instance_id: instanceId });
  expect(status).toBe(422);
  expect(error).toMatchObject({ code: '422.invalid-argument', source: '/token' });
  expect(error.detail).toMatch(
    /fewer than 5 characters.*a claim with it.*Claim again with a token of at least 5 characters\.$/,
  );
});
