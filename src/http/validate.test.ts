import express from 'express';
import request from 'supertest';
import { expect, test } from 'vitest';
import { functionPath, token } from '../../test/support/http/test-app.ts';
import { readSchedulerApi } from '../openapi/load.ts';
import type { MatchedRequest } from './answers.ts';
import { validateApi } from './validate.ts';

test('apps of one description share its validator, which takes a tenth of a second to make', async () => {
  const schemas: unknown[] = [];
  for (const app of [express(), express()]) {
    app.use(express.json(), validateApi(readSchedulerApi), ({ openapi }: MatchedRequest, response) => {
      schemas.push(openapi?.schema);
      response.sendStatus(204);
    });
    await request(app).post(functionPath('claim')).send({ token });
  }
  expect(schemas[0]).toMatchObject({ operationId: 'claimInstance' });
  expect(schemas[1]).toBe(schemas[0]);
});
