import type { Endpoint } from '../runtime/docker/endpoint.ts';

/** What a watchdog is told: whose belongings to remove, and where. */
export type WatchdogOrder = { readonly session: string; readonly endpoint: Endpoint };
