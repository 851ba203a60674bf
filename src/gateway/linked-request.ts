import type { LinkedRequest } from '../recording/linked-request.ts';

/** What became of a request to the gateway, for logs and onlookers; `at` is its end. */
export type LinkedRequestEvent = LinkedRequest & { readonly name: 'linked.request' };
