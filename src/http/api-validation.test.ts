import express, { type Request } from 'express';
import fc from 'fast-check';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { type ApiDescription, type Json, type JsonObject, loadApiDescription } from '../openapi/load.ts';
import { validateApi } from './api-validation.ts';
import { compileChecks, type RequestParts } from './compiled-checks.ts';
import { createValidatorOf } from './testing/ask-validator.ts';
import { activeInstance, containerId, createFakeService, instanceId } from './testing/fake-service.ts';
import { nearMissesOf } from './testing/near-misses.ts';
import { functionPath, token } from './testing/test-app.ts';
import { toWireActive, toWireClaimed, toWireReleased, toWireSpawned } from './wire-format.ts';

const description = await loadApiDescription();
const findSound = compileChecks(description);
const askValidator = createValidatorOf(description);
const seed = 20_250_601;

const headers = { 'content-type': 'application/json' };
const environment_variables = { JOB: 'resize', 'ключ/~': '' };

/** One request of each operation, as callers send it. */
const requests = {
  claimInstance: { method: 'POST', originalUrl: functionPath('claim'), headers, body: { token } },
  spawnInstance: {
    method: 'POST',
    originalUrl: functionPath('spawn'),
    headers,
    body: { token, instance_id: instanceId, runtime_variables: { environment_variables } },
  },
  releaseInstance: {
    method: 'POST',
    originalUrl: functionPath('release'),
    headers,
    body: { token, instance_id: instanceId },
  },
  getActiveInstances: { method: 'GET', originalUrl: functionPath('active'), headers: {}, body: undefined },
} as const satisfies Record<string, RequestParts>;

const service = createFakeService();
const asked = { containerId, instanceId, token, variables: {}, signal: new AbortController().signal };
const granted = <Value>(outcome: { ok: true; value: Value } | { ok: false }): Value => {
  if (!outcome.ok) throw new Error('the fake service refuses');
  return outcome.value;
};

/** One answer of each operation. */
const answers: Record<keyof typeof requests, Json> = JSON.parse(
  JSON.stringify({
    claimInstance: { data: toWireClaimed(granted(await service.claim(asked))) },
    spawnInstance: { data: toWireSpawned(granted(await service.spawn(asked))) },
    releaseInstance: { data: toWireReleased(granted(await service.release(asked))) },
    getActiveInstances: { data: toWireActive([activeInstance, { ...activeInstance, autoscaled: true }]) },
  }),
);

const operations = Object.keys(requests) as (keyof typeof requests)[];

describe('the compiled check', () => {
  test.each(operations)('vouches for every ordinary request of %s', (operation) => {
    const ordinary = requests[operation];
    const id = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 24, maxLength: 24 });
    const word = fc.string({ minLength: 5, maxLength: 300 });
    const variables = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(id, id, word, variables, (container, instance, given, environment_variables) => {
        const body = ordinary.body && {
          ...ordinary.body,
          token: given,
          ...('instance_id' in ordinary.body ? { instance_id: instance } : {}),
          ...('runtime_variables' in ordinary.body ? { runtime_variables: { environment_variables } } : {}),
        };
        const originalUrl = ordinary.originalUrl.replace(containerId, container);
        const found = findSound({ ...ordinary, originalUrl, body });
        expect(found?.schema['operationId']).toBe(operation);
        expect(found?.pathParams).toEqual({ containerId: container });
      }),
      { numRuns: 500, seed },
    );
  });

  test.each(operations)('vouches for the answer of %s', (operation) => {
    expect(findSound(requests[operation])?.answers.get(200)?.(answers[operation])).toBe(true);
  });

  test('vouches for no request that the validator refuses', async () => {
    const verdicts = { vouchedFor: 0, refused: 0, otherwise: 0 };
    const segment = fc.oneof(
      { weight: 4, arbitrary: fc.constant<string>(containerId) },
      fc.string({ unit: fc.constantFrom(...'abcF09-_.~%/:@!$&()*+,;=?[]{}|^`"\\# é') }),
    );
    const requestsNearby = fc.constantFrom(...operations).chain((operation) => {
      const { method, originalUrl, headers, body } = requests[operation];
      return fc.record({
        method: fc.oneof({ weight: 9, arbitrary: fc.constant(method) }, fc.constantFrom('GET', 'POST', 'PUT', 'HEAD')),
        originalUrl: fc.oneof(
          { weight: 9, arbitrary: segment.map((text) => originalUrl.replace(containerId, text)) },
          fc.constantFrom(
            `${originalUrl}/`,
            `${originalUrl}?a=%ff`,
            originalUrl.toUpperCase(),
            `http://x${originalUrl}`,
          ),
        ),
        headers: fc.oneof(
          { weight: 9, arbitrary: fc.constant(headers) },
          fc.constantFrom({}, { 'content-type': 'text/plain' }, { 'content-type': 'application/json; a=b' }),
        ),
        body: nearMissesOf(body === undefined ? null : (body as JsonObject)),
      });
    });
    await fc.assert(
      fc.asyncProperty(requestsNearby, async (parts) => {
        const isVouchedFor = findSound(parts) !== null;
        const refusal = await askValidator(parts);
        if (isVouchedFor) expect(refusal).toBeNull();
        verdicts[isVouchedFor ? 'vouchedFor' : refusal === null ? 'otherwise' : 'refused'] += 1;
      }),
      { numRuns: 5_000, seed },
    );
    // Both kinds have come up, and few of those in order go the long way.
    expect(verdicts.vouchedFor).toBeGreaterThan(1_000);
    expect(verdicts.refused).toBeGreaterThan(1_000);
    expect(verdicts.otherwise).toBeLessThan(verdicts.vouchedFor / 4);
  });

  test.each(operations)('vouches for no answer of %s that the validator refuses', async (operation) => {
    const isAnswer = findSound(requests[operation])?.answers.get(200);
    let vouchedFor = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(nearMissesOf(answers[operation]), async (body) => {
        const refusal = await askValidator(requests[operation], { status: 200, body });
        const isVouchedFor = isAnswer?.(body) === true;
        if (isVouchedFor) expect(refusal).toBeNull();
        vouchedFor += Number(isVouchedFor);
        refused += Number(refusal !== null);
      }),
      { numRuns: 1_000, seed },
    );
    expect(Math.min(vouchedFor, refused)).toBeGreaterThan(100);
  });
});

/** The description after a change of some parts, by their JSON pointers. */
const changed = (changes: Readonly<Record<string, Json>>): ApiDescription => {
  const copy = structuredClone(description) as unknown as Record<string, unknown>;
  for (const [pointer, value] of Object.entries(changes)) {
    const steps = pointer.split('/').map((step) => step.replaceAll('~1', '/'));
    const last = steps.pop() ?? '';
    const owner = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy);
    owner[last] = value;
  }
  return copy as unknown as ApiDescription;
};

const claimPath = 'paths/~1v1~1functions~1{containerId}~1claim';
const claimItem = description.paths['/v1/functions/{containerId}/claim'] ?? {};
const claimBody = `${claimPath}/post/requestBody/content/application~1json/schema`;
const claimAnswer = `${claimPath}/post/responses/200/content/application~1json/schema`;

describe('a change of the description reaches the compiled check', () => {
  test.each<[string, Record<string, Json>]>([
    ['a field that becomes required', { [`${claimBody}/required`]: ['token', 'color'] }],
    ['a longer token', { [`${claimBody}/properties/token/minLength`]: 200 }],
    ['no unknown fields', { [`${claimBody}/additionalProperties`]: false, [`${claimBody}/properties`]: {} }],
    ['a field that is for reading only', { [`${claimBody}/properties/token/readOnly`]: true }],
    ['a word that is not known here', { [`${claimBody}/properties/token/x-unheard-of`]: true }],
    ['an ID of another form', { 'components/parameters/ContainerId/schema/maxLength': 3 }],
    ['an ID that is a number', { 'components/parameters/ContainerId/schema/type': 'integer' }],
    ['a header', { [`${claimPath}/post/parameters`]: [{ name: 'x-a', in: 'header', required: true, schema: {} }] }],
    ['another kind of body', { [`${claimPath}/post/requestBody/content`]: { 'text/plain': { schema: {} } } }],
    ['another method', { [claimPath]: { put: claimItem['post'] ?? null } }],
    ['a second path that fits', { 'paths/~1v1~1functions~1{containerId}~1{operation}': { get: {} } }],
    ['a path of another kind', { 'paths/~1v1~1{a}.{b}': { get: {} } }],
    ['another place', { servers: [{ url: 'http://env-scheduler/api' }] }],
  ])('%s', (_what, changes) => {
    const other = changed(changes);
    expect(findSound(requests.claimInstance)).not.toBeNull();
    expect(compileChecks(other)(requests.claimInstance)).toBeNull();
  });

  test('a field that becomes required of answers', () => {
    const isAnswer = compileChecks(changed({ [`${claimAnswer}/required`]: ['data', 'color'] }))(requests.claimInstance);
    expect(isAnswer?.answers.get(200)?.(answers.claimInstance)).toBe(false);
  });
});

describe('validation in an app', () => {
  /** An app that answers a claim with `answer`, and notes the requests that get so far. */
  const createApp = (answer: unknown, api: ApiDescription = description) => {
    const served: Request[] = [];
    const app = express().use(express.json(), validateApi(api));
    app.post('/v1/functions/:containerId/claim', (served_, response) => {
      served.push(served_);
      response.json(answer);
    });
    return { app, served };
  };

  /** The validator leaves a number on every request that it has seen. */
  const hasSeen = (served: Request): boolean => 'serial' in (served as unknown as { openapi: object }).openapi;

  test('an ordinary request never meets the validator', async () => {
    const { app, served } = createApp(answers.claimInstance);
    const answer = await request(app).post(functionPath('claim')).send({ token });
    expect(answer.body).toEqual(answers.claimInstance);
    expect(served.map(hasSeen)).toEqual([false]);
  });

  test('one that is merely unusual does, and is served', async () => {
    const { app, served } = createApp(answers.claimInstance);
    const answer = await request(app)
      .post(`${functionPath('claim')}?a=b`)
      .send({ token });
    expect(answer.body).toEqual(answers.claimInstance);
    expect(served.map(hasSeen)).toEqual([true]);
  });

  test('an answer that only the validator can vouch for is sent', async () => {
    const updated = new Date('2025-06-01T12:00:00Z');
    const timed = changed({ [`${claimAnswer}/properties/updated`]: { type: 'string', format: 'date-time' } });
    const { app } = createApp({ ...(answers.claimInstance as JsonObject), updated }, timed);
    const answer = await request(app).post(functionPath('claim')).send({ token });
    expect(answer.body).toMatchObject({ updated: '2025-06-01T12:00:00.000Z' });
  });
});
