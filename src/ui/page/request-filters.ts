import type { Logged } from './model.ts';

// Which requests are shown, as the hash says it. No DOM here.

export type Filters = { readonly [Name in 'function' | 'status' | 'code' | 'text']: string };

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

/** @param names of functions and of instances, by their IDs */
export const matches = (request: Logged, filters: Filters, names: ReadonlyMap<string, string>): boolean => {
  const { status, code } = request;
  const name = names.get(functionIdOf(request) ?? '') ?? '';
  if (filters.function !== '' && filters.function !== name) return false;
  if (filters.status !== '' && !hasStatus(status, filters.status)) return false;
  if (filters.code !== '' && filters.code !== code) return false;
  const { instance, reason, fault, path, method } = request;
  if (filters.text === '') return true;
  const hostname = names.get(instance ?? '');
  const words = [askedFor(request), method, path, name, status, code, instance, hostname, reason, fault];
  return words.join(' ').toLowerCase().includes(filters.text.toLowerCase());
};
