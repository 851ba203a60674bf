import { ask } from './api.ts';
import { store } from './store.ts';

/** What the Scheduler API has answered, an error or not: `body` is JSON, or text where it is none. */
export type Answer = { readonly status: number; readonly ms: number; readonly body: unknown };

/** The tokens of claims that this page holds, by instance: nothing else in the page knows one. */
const ownTokens = new Map<string, string>();

/** The browser lets the page reach the Scheduler API on its own origin alone; where it is elsewhere, its URL. */
export const schedulerElsewhere = (): string | null => store.state?.scheduler_url ?? null;

/** Where others reach it. */
export const schedulerUrl = (): string => schedulerElsewhere() ?? location.origin;

/** `randomUUID` is not there on an origin that is neither local nor HTTPS. */
export const newToken = (): string =>
  `page-${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

export const ownTokenOf = (instanceId: string | null): string | undefined =>
  instanceId === null ? undefined : ownTokens.get(instanceId);

export const pathOf = (containerId: string, operation: string): string =>
  `/v1/functions/${encodeURIComponent(containerId)}/${operation}`;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * Sends a request and answers what came, after it has noted a claim that was granted or is over.
 *
 * @throws TypeError where no answer came
 */
export const call = async (method: string, path: string, json?: object, signal?: AbortSignal): Promise<Answer> => {
  const startedAt = performance.now();
  const init = { ...(json === undefined ? {} : { json }), ...(signal === undefined ? {} : { signal }) };
  const response = await ask(method, path, init);
  const body = parse(await response.text());
  const answer = { status: response.status, ms: performance.now() - startedAt, body };
  const instanceId = instanceOf(answer);
  const { token } = (json ?? {}) as { token?: string };
  if (response.ok && instanceId !== null && token !== undefined) {
    if (path.endsWith('/release')) ownTokens.delete(instanceId);
    else ownTokens.set(instanceId, token);
  }
  return answer;
};

/** The instance that an answer is about. */
export const instanceOf = ({ body }: Answer): string | null => {
  const { data } = (body ?? {}) as { data?: { instance_id?: string } | null };
  return data?.instance_id ?? null;
};
