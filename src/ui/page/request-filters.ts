import type { Logged } from './model.ts';

// Which requests are shown, as the hash says it. No DOM here.

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
export const matches = (request: Logged, query: URLSearchParams, names: ReadonlyMap<string, string>): boolean => {
  const { status, code, instance, reason, fault, path, method } = request;
  const name = names.get(functionIdOf(request) ?? '') ?? '';
  const words = [
    askedFor(request),
    method,
    path,
    name,
    status,
    code,
    instance,
    names.get(instance ?? ''),
    reason,
    fault,
  ];
  const fits: Readonly<Record<string, (wanted: string) => boolean>> = {
    function: (wanted) => name === wanted,
    status: (wanted) => hasStatus(status, wanted),
    code: (wanted) => code === wanted,
    text: (wanted) => words.join(' ').toLowerCase().includes(wanted.toLowerCase()),
  };
  return Object.entries(fits).every(([word, isFit]) => {
    const wanted = query.get(word) ?? '';
    return wanted === '' || isFit(wanted);
  });
};
