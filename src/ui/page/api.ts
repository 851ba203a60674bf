import type { Schemas } from './model.ts';

/** An answer that is the error envelope. Its texts come from outside: they are shown as text. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor({ status, code, title, detail }: Schemas['ErrorEnvelope']['error']) {
    super(detail ?? title);
    this.status = status;
    this.code = code;
  }
}

const keyName = 'cycle-access-key';

/** For this tab alone, and gone with it. */
export const accessKey = {
  get: (): string | null => sessionStorage.getItem(keyName),
  set: (key: string): void => sessionStorage.setItem(keyName, key),
  forget: (): void => sessionStorage.removeItem(keyName),
};

type Init = RequestInit & { json?: unknown };

/**
 * Sends a request with the access key, and answers also an error: `path` begins with a slash, `json` is the body.
 *
 * @throws TypeError where the emulator does not answer
 */
export const ask = async (method: string, path: string, { json, ...rest }: Init = {}): Promise<Response> => {
  const headers = new Headers(rest.headers);
  // Header bytes are Latin-1 to a browser, and the key is UTF-8.
  const key = String.fromCharCode(...new TextEncoder().encode(accessKey.get() ?? ''));
  headers.set('X-CYCLE-ACCESS-KEY', key);
  // The emulator writes no log line about what the page looks at.
  headers.set('X-Cycle-Page', '1');
  if (json !== undefined) headers.set('Content-Type', 'application/json');
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  return await fetch(path, { ...rest, ...body, method, headers, cache: 'no-store' });
};

/**
 * The same.
 *
 * @throws ApiError where the emulator answers with an error, too
 */
export const send = async (method: string, path: string, init?: Init): Promise<Response> => {
  const response = await ask(method, path, init);
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  if (body?.error) throw new ApiError(body.error);
  throw new Error(`the emulator answered ${response.status} without saying why`);
};

const dataOf = async <Data>(response: Promise<Response>): Promise<Data> => (await (await response).json()).data;

/** Operations of the control API by their path after `/_emulator/`; each resolves with `data`. */
export const api = {
  get: async <Data>(path: string, signal?: AbortSignal): Promise<Data> => {
    const get = () => dataOf<Data>(send('GET', `/_emulator/${path}`, signal ? { signal } : {}));
    try {
      return await get();
    } catch (error) {
      // Once more: browsers give up requests when an address of the machine comes or goes, as Docker's do.
      if (error instanceof TypeError) return await get();
      throw error;
    }
  },
  post: <Data>(path: string, json?: unknown) => dataOf<Data>(send('POST', `/_emulator/${path}`, { json })),
  delete: <Data>(path: string) => dataOf<Data>(send('DELETE', `/_emulator/${path}`)),
};

/** The code of the link that was opened. */
export const linkCode = (): string | undefined => /^#code=([\w-]+)$/.exec(location.hash)?.[1];

/** Gets the access key for the code of a link, which leaves the address bar and the history at once. */
export const takeCode = async (): Promise<void> => {
  const code = linkCode();
  if (code === undefined) return;
  history.replaceState(null, '', location.pathname);
  const { access_key } = await api.post<{ access_key: string }>('ui/exchange', { code });
  accessKey.set(access_key);
};
