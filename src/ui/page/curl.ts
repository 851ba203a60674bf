import type { Logged } from './model.ts';

// A request as a line for a shell, without the access key: `$CYCLE_ACCESS_KEY` has that. No DOM here.

/** What can be said, or in a sentence why not. */
export type Said<Value> = { readonly value: Value } | { readonly reason: string };

/** A word that a POSIX shell takes as exactly this text. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

type Words = {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly string[];
  /** Quoted already. */
  readonly body?: string;
};

export const curlLine = ({ method, url, headers = [], body }: Words): string => {
  const parts = ['curl -sS'];
  if (method === 'HEAD') parts[0] += ' --head';
  else if (method !== (body === undefined ? 'GET' : 'POST')) parts[0] += ` -X ${shellQuote(method)}`;
  // Curl would read the first as patterns, and take the second out.
  if (/[[\]{}]/.test(url)) parts[0] += ' --globoff';
  if (url.includes('/.')) parts[0] += ' --path-as-is';
  parts[0] += ` ${shellQuote(url)}`;
  for (const header of headers) parts.push(`-H ${header}`);
  // Unlike --data, it reads no file where the body begins with @.
  if (body !== undefined) parts.push(`--data-raw ${body}`);
  return parts.join(' \\\n  ');
};

const keyHeader = '"X-CYCLE-ACCESS-KEY: $CYCLE_ACCESS_KEY"';

/** A request to the Scheduler API. The token null is `$CYCLE_TOKEN`. */
export const schedulerCurl = (method: string, url: string, body: object | null): string => {
  if (body === null) return curlLine({ method, url, headers: [keyHeader] });
  const text = JSON.stringify(body);
  const { token = '' } = body as { token?: string | null };
  const [before = '', ...after] = token === null ? text.split('"token":null') : [text];
  const quoted =
    after.length === 0
      ? shellQuote(text)
      : `${shellQuote(`${before}"token":"`)}"$CYCLE_TOKEN"${shellQuote(`"${after.join('"token":null')}`)}`;
  return curlLine({ method, url, headers: [keyHeader, "'Content-Type: application/json'"], body: quoted });
};

/** The body of a request to the Scheduler API as it was sent, with null for its token; null where there was none. */
export const readBody = ({ request }: Pick<Logged, 'request'>): Said<Record<string, unknown> | null> => {
  if (request === null || request === undefined) return { value: null };
  if (request.omitted !== undefined) return { reason: `Its body is not kept. ${request.omitted}` };
  try {
    const { token, ...rest } = JSON.parse(request.text ?? '');
    if (token === undefined || hasHidden(rest)) return { reason: 'Not all of its body is shown.' };
    return { value: { token: null, ...rest } };
  } catch {
    return { reason: 'Its body is no JSON, and only its form is shown.' };
  }
};

/** A value that is masked, a variable with the name `token` among them. */
const hasHidden = (value: unknown): boolean => {
  if (typeof value === 'string') return value === '<masked>' || /^<(?:token [0-9a-f]{6}|access key)>$/.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasHidden);
};

type Urls = { readonly scheduler: string; readonly gateway: string | null };

/** A request that is listed, to be sent again from a shell: a claim with the new token. */
export const curlOf = (request: Logged, urls: Urls, newToken: string): Said<string> => {
  const { method, path } = request;
  if (request.origin === 'linked') return linkedCurl(request, urls);
  const body = readBody(request);
  if ('reason' in body) return body;
  const own = request.operation === 'claimInstance' ? { token: newToken } : {};
  return { value: schedulerCurl(method, urls.scheduler + path, body.value && { ...body.value, ...own }) };
};

const linkedCurl = ({ method, host = '', path, request }: Logged, { gateway }: Urls): Said<string> => {
  if (gateway === null) return { reason: 'There is no gateway any more.' };
  const headers = [shellQuote(`Host: ${host}`)];
  const url = gateway + path;
  if (request == null || request.text === '') return { value: curlLine({ method, url, headers }) };
  if (request.text === undefined || !request.complete) return { reason: 'Not all of its body is kept as text.' };
  if (request.type !== null) headers.push(shellQuote(`Content-Type: ${request.type}`));
  return { value: curlLine({ method, url, headers, body: shellQuote(request.text) }) };
};
