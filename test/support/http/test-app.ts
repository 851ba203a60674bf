import type { Express } from 'express';
import { type AppOptions, createApp } from '../../../src/http/app.ts';
import { silentLogger } from '../../../src/shared/logger.ts';
import { containerId, createFakeService } from './fake-service.ts';

export const secret = 'canary-key-7f3a';
export const token = 'canary-token-91bc';

/** An app over the fake service that admits `secret` from anywhere. */
export const createTestApp = (options: Partial<AppOptions> = {}): Express =>
  createApp({
    service: createFakeService(),
    accessKeys: [{ name: 'test', secret, ips: [] }],
    health: { version: '1.2.3', session: 'test-session', startedAt: Date.UTC(2025, 5, 1, 12) },
    logger: silentLogger,
    ...options,
  });

export const functionPath = (operation: string, id: string = containerId): string => `/v1/functions/${id}/${operation}`;
