import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { loadApiDescription } from '../openapi/load.ts';
import { livePath } from './health.ts';
import { startHttpServer } from './start-http-server.ts';
import { instanceId } from './testing/fake-service.ts';
import { parseRawAnswer, sendRaw } from './testing/raw-request.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { createTestApp, functionPath, secret, token } from './testing/test-app.ts';

type Parts = {
  readonly method?: string;
  readonly path?: string;
  readonly key?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
};

/** A request that is right but for the parts given. */
const write = ({
  method = 'POST',
  path = functionPath('claim'),
  key = secret,
  type = 'application/json',
  ...rest
}: Parts) => {
  const body = Buffer.from(rest.body ?? JSON.stringify({ token }));
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    `X-CYCLE-ACCESS-KEY: ${key}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
};

const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const urlText = fc.string({ unit: fc.constantFrom(...'abcF09-_.~%/:@!$&()*+,;=?[]{}|^`"<>\\') });
const isClaim = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string';
const isHexId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);

const badRequests: readonly fc.Arbitrary<Buffer>[] = [
  // Unknown paths, some of them undecodable.
  fc
    .record({ method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'), rest: urlText })
    .map(({ method, rest }) => write({ method, path: `/${rest}` })),
  fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND').map((method) => write({ method })),
  // Container IDs that are none.
  fc
    .oneof(fc.string({ unit: 'binary' }).map(toWellFormedUrl), urlText.map(toWellFormedUrl))
    .map((id) => write({ path: functionPath('claim', id) })),
  // Bodies: JSON that is no claim, bytes, text cut short.
  fc
    .jsonValue()
    .filter((value) => !isClaim(value))
    .map((value) => write({ body: JSON.stringify(value) })),
  fc.uint8Array({ maxLength: 64 }).map((body) => write({ body })),
  fc.integer({ min: 1, max: 20 }).map((length) => write({ body: JSON.stringify({ token }).slice(0, length) })),
  fc
    .record({
      token: fc.oneof(fc.jsonValue(), fc.string({ maxLength: 4 })),
      instance_id: fc.oneof(fc.jsonValue(), fc.constant(instanceId)),
    })
    .filter(
      ({ token: given, instance_id: id }) => typeof given !== 'string' || given.length < 5 || !isHexId(String(id)),
    )
    .map((body) => write({ path: functionPath('spawn'), body: JSON.stringify(body) })),
  fc
    .dictionary(fc.string(), fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.string())), { minKeys: 1 })
    .map((variables) => ({ token, instance_id: instanceId, runtime_variables: { environment_variables: variables } }))
    .map((body) => write({ path: functionPath('spawn'), body: JSON.stringify(body) })),
  // Headers.
  printable.map((type) => write({ type })),
  printable.filter((key) => key.trim() !== secret).map((key) => write({ key })),
  // What is no HTTP.
  printable.map((text) => Buffer.from(`!${text}\r\n\r\n`)),
  fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from([0, ...bytes])),
  printable.map((text) => Buffer.from(`GET / HTTP/1.1\r\nX-CYCLE-ACCESS-KEY: ${secret}\r\n \u0000${text}\r\n\r\n`)),
  printable.map((text) => Buffer.from(`POST /${text} HTTP/${text}\r\n\r\n`)),
];

/** Whatever the text is, a path segment that decodes to it (or to something like it). */
function toWellFormedUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const { components } = await loadApiDescription();
const codes = components.schemas['ErrorCode']?.['enum'];
const statuses = components.schemas['Error']?.['properties'];

test('a thousand random bad requests are each answered 4xx in the envelope, and do no harm', async () => {
  const { logger, lines } = createRecordingLogger();
  const server = await startHttpServer({ app: createTestApp({ logger }), host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  await fc.assert(
    fc.asyncProperty(fc.oneof(...badRequests), async (bytes) => {
      const { status, headers, body } = parseRawAnswer(await sendRaw(server.port, bytes));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(statuses).toMatchObject({ status: { enum: expect.arrayContaining([status]) } });
      expect(headers).toMatch(/^content-type: application\/json; charset=utf-8/im);
      const { error, data } = JSON.parse(body);
      expect(data).toBeNull();
      expect(error).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
      expect(codes).toContain(error.code);
      expect(error.code).toMatch(new RegExp(`^${status}\\.`));
    }),
    { numRuns: 1_000, seed: 20_250_601 },
  );
  expect(lines.filter(({ msg }) => msg === 'request failed')).toEqual([]);
  expect((await fetch(server.url + livePath)).status).toBe(200);
  expect(parseRawAnswer(await sendRaw(server.port, write({}))).status).toBe(200);
});
