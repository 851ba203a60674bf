// The types of the package are made of these: they must compile without those of Node.
/** How a request ended, in the words of the platform's load balancer (documented). */
export type Ending =
  | 'no_error'
  | 'destination_unavailable'
  | 'timeout_idle'
  | 'connection_invalid'
  | 'unknown_error'
  | 'router_none'
  | 'router_nomatch';

/** A request to a function over HTTP that is over. Of the target, only the path: a query may hold secrets. */
export type LinkedRequest = {
  /** When it arrived, by the clock. */
  readonly at: number;
  readonly containerId: string | null;
  readonly instanceId: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** What the caller was answered, if only the headers of it; null where nothing was. */
  readonly status: number | null;
  readonly ending: Ending;
  readonly reason?: string;
  /** Real milliseconds. */
  readonly durationMs: number;
};

/** What became of a request to the gateway, for logs and onlookers; `at` is its end. */
export type LinkedRequestEvent = LinkedRequest & { readonly name: 'linked.request' };
