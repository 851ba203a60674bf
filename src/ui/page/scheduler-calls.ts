import { ask } from './api.ts';
import { store } from './store.ts';

/** What the Scheduler API has answered, an error or not: `body` is JSON, or text where it is none. */
export type Answer = { readonly status: number; readonly ms: number; readonly body: unknown };

/** The tokens of claims that this page has made, by instance: no other token is known to it. */
const ownTokens = new Map<string, string>();

export const ownTokenOf = (instanceId: string | null): string | undefined => ownTokens.get(instanceId ?? '');

/** Where the Scheduler API is reached. */
export const url = (): string => store.state?.scheduler_url ?? location.origin;

/** Whether that is the page's own origin, the only one that a browser lets it ask. */
export const isOwnOrigin = (): boolean => store.state?.scheduler_url == null;

export const elsewhere = (what: string): string =>
  `${what} is another origin, which a page may not ask: the line for curl does.`;

/** `randomUUID` is not there on an origin that is neither local nor HTTPS. */
export const newToken = (): string =>
  `page-${[...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join('')}`;

export const pathOf = (containerId: string, operation: string): string => `/v1/functions/${containerId}/${operation}`;

/** JSON as a value; any other text as it is. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * Sends a request and answers what came, an error or not; notes a claim that was granted or is over.
 *
 * @throws TypeError where no answer came
 */
export const call = async (
  method: string,
  path: string,
  json?: object,
  signal: AbortSignal | null = null,
): Promise<Answer> => {
  const startedAt = performance.now();
  const response = await ask(method, path, { json, signal });
  const body = parse(await response.text());
  const answer = { status: response.status, ms: performance.now() - startedAt, body };
  const instanceId = instanceOf(answer);
  const { token } = (json ?? {}) as { token?: string };
  if (response.ok && instanceId !== null && token !== undefined) {
    if (path.endsWith('/claim')) ownTokens.set(instanceId, token);
    else if (path.endsWith('/release')) ownTokens.delete(instanceId);
  }
  return answer;
};

/** The instance that an answer is about. */
export const instanceOf = ({ body }: Answer): string | null =>
  (body as { data?: { instance_id?: string } | null } | null)?.data?.instance_id ?? null;
