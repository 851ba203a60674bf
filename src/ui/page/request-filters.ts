import type { components } from '../../openapi/control-types.ts';

// Which requests are shown, as the hash says it. No DOM here.

type Logged = components['schemas']['LoggedRequest'];

export const filterNames = ['function', 'status', 'code', 'text'] as const;
export type Filters = { readonly [Name in (typeof filterNames)[number]]: string };

export const readFilters = (query: URLSearchParams): Filters => ({
  function: query.get('function') ?? '',
  status: query.get('status') ?? '',
  code: query.get('code') ?? '',
  text: query.get('text') ?? '',
});

const functionPath = /^\/v1\/functions\/([^/]+)\/(claim|spawn|release|active)$/;

/** Also of a request that was refused before the emulator looked at its path. */
export const functionIdOf = ({ container, path }: Logged): string | null =>
  container ?? functionPath.exec(path)?.[1] ?? null;

/** What was asked for, in short: the operation's name, or method and path. */
export const askedFor = ({ origin, method, path, host = '' }: Logged): string =>
  (origin === undefined && functionPath.exec(path)?.[2]) || `${method} ${host}${path}`;

/** `503` is that status, `5xx` its class, and `none` no answer. */
const hasStatus = (status: number | null, wanted: string): boolean => {
  if (status === null) return wanted === 'none';
  return wanted === String(status) || wanted === `${Math.floor(status / 100)}xx`;
};

/** @param nameOf the function's name by its container ID */
export const matches = (request: Logged, filters: Filters, nameOf: (id: string | null) => string): boolean => {
  const { status, code } = request;
  const name = nameOf(functionIdOf(request));
  if (filters.function !== '' && filters.function !== name) return false;
  if (filters.status !== '' && !hasStatus(status, filters.status)) return false;
  if (filters.code !== '' && filters.code !== code) return false;
  const { instance, reason, fault, path, method } = request;
  const words = [askedFor(request), method, path, name, status, code, instance, reason, fault].join(' ').toLowerCase();
  return words.includes(filters.text.toLowerCase());
};
