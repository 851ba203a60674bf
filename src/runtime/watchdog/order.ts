import type { Endpoint } from '../docker/endpoint.ts';

/** The watchdog's order: whose belongings to remove, and where. */
export type WatchdogOrder = { readonly session: string; readonly endpoint: Endpoint };
