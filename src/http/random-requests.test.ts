import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { containerId, instanceId } from '../../test/support/http/fake-service.ts';
import { badRequests, createWriter } from '../../test/support/http/random-requests.ts';
import { parseRawAnswer, sendRaw } from '../../test/support/http/raw-request.ts';
import { createRecordingLogger } from '../../test/support/http/recording-logger.ts';
import { createTestApp, secret } from '../../test/support/http/test-app.ts';
import { readSchedulerApi } from '../openapi/load.ts';
import { livePath } from './app.ts';
import { startHttpServer } from './server.ts';

const target = { containerId, instanceId, secret };

const { components } = readSchedulerApi();
const codes = components.schemas['ErrorCode']?.['enum'];
const statuses = components.schemas['Error']?.['properties'];

test('a thousand random bad requests are each answered 4xx in the envelope, and do no harm', async () => {
  const { logger, lines } = createRecordingLogger();
  const server = await startHttpServer({ app: createTestApp({ logger }), host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  await fc.assert(
    fc.asyncProperty(badRequests(target), async (bytes) => {
      const { status, headers, body } = parseRawAnswer(await sendRaw(server.port, bytes));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(statuses).toMatchObject({ status: { enum: expect.arrayContaining([status]) } });
      expect(headers).toMatch(/^content-type: application\/json; charset=utf-8/im);
      const { error, data } = JSON.parse(body);
      expect(data).toBeNull();
      expect(error).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
      expect(body).not.toMatch(/node_modules|node:|\.[jt]s\b|\bat \S+ \(/);
      expect(codes).toContain(error.code);
      expect(error.code).toMatch(new RegExp(`^${status}\\.`));
    }),
    { numRuns: 1_000, seed: 20_250_601 },
  );
  expect(lines.filter(({ msg }) => msg === 'request failed')).toEqual([]);
  expect((await fetch(server.url + livePath)).status).toBe(200);
  expect(parseRawAnswer(await sendRaw(server.port, createWriter(target)({}))).status).toBe(200);
});
