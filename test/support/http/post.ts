import request from 'supertest';
import { createTestApp, secret } from './test-app.ts';

const app = createTestApp();

/** Posts a body as it is, with the right key and declared as JSON unless `headers` say otherwise. */
export const post = (path: string, body?: string | Buffer, headers: Record<string, string> = {}): request.Test => {
  const declared: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const sent = request(app)
    .post(path)
    .set({ 'X-CYCLE-ACCESS-KEY': secret, ...declared, ...headers });
  // As bytes, so that the client does not encode again what is wrong on purpose.
  return body === undefined ? sent : sent.serialize((bytes) => bytes).send(body);
};
