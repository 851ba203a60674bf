/** How a request ended, in the words of the platform's load balancer (documented). */
export type Ending =
  | 'no_error'
  | 'destination_unavailable'
  | 'timeout_idle'
  | 'connection_invalid'
  | 'unknown_error'
  | 'router_none'
  | 'router_nomatch';

/** What became of a request to the gateway, for logs and onlookers. Of the target, only the path: a query may hold secrets. */
export type LinkedRequestEvent = {
  readonly name: 'linked.request';
  readonly at: number;
  readonly containerId: string | null;
  readonly instanceId: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** What the caller was answered, if only the headers of it; null where nothing was. */
  readonly status: number | null;
  /** In the words of the platform's load balancer. */
  readonly ending: Ending;
  readonly reason?: string;
  /** Real milliseconds. */
  readonly durationMs: number;
};
