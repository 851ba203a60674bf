import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { containerId, createFakeService } from '../../test/support/http/fake-service.ts';
import { createTestApp } from '../../test/support/http/test-app.ts';
import { livePath, readyPath } from './app.ts';

const functions = [
  {
    containerId,
    identifier: 'hello',
    size: 3,
    available: 1,
    claimed: 1,
    active: 1,
    preparing: 0,
    failed: 0,
    waiting: 2,
  },
];

describe('the health endpoints, without a key:', () => {
  test('live names this emulator', async () => {
    const { status, body } = await request(createTestApp()).get(livePath);
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { session: 'test-session', pid: process.pid, started_at: '2025-06-01T12:00:00.000Z' },
    });
  });

  test('ready is a 503 with the reason until the pools are made', async () => {
    const readiness = () => ({ ready: false, reason: '2 of 3 instances are being made', functions });
    const { status, body } = await request(createTestApp({ service: createFakeService({ readiness }) })).get(readyPath);
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { status: 503, code: '503.not-ready' }, data: null });
    expect(body.error.detail).toContain('2 of 3 instances are being made');
  });

  test('ready then counts the instances of each function', async () => {
    const readiness = () => ({ ready: true, reason: null, functions });
    const { status, body } = await request(createTestApp({ service: createFakeService({ readiness }) })).get(readyPath);
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ version: '1.2.3', session: 'test-session' });
    expect(body.data.uptime_seconds).toBeGreaterThan(0);
    expect(body.data.functions).toEqual([
      {
        container_id: containerId,
        identifier: 'hello',
        size: 3,
        available: 1,
        claimed: 1,
        active: 1,
        preparing: 0,
        failed: 0,
        waiting: 2,
      },
    ]);
  });

  test.each([livePath, readyPath])('%s takes GET and HEAD alone', async (path) => {
    expect((await request(createTestApp()).head(path)).status).toBe(200);
    const { status, headers, body } = await request(createTestApp()).post(path);
    expect(status).toBe(404);
    expect(headers['allow']).toBe('GET, HEAD');
    expect(body.error.code).toBe('404.uri');
  });
});
