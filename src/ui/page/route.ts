// Where one is in the page is in the hash, so that a reload and a copied address lead there: `#/requests?status=503`.

export type Route = { readonly view: string; readonly query: URLSearchParams };

export const readRoute = (): Route => {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { view: path, query: new URLSearchParams(query) };
};

/** The hash of another view, or of the same one with other words in its query; null takes a word away. */
export const hashOf = (view: string, changes: Readonly<Record<string, string | null>> = {}): string => {
  const before = readRoute();
  // Words of one view mean nothing to another, but for the open instance.
  const instance = before.query.get('instance');
  const query = before.view === view ? before.query : new URLSearchParams(instance === null ? {} : { instance });
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  return `#/${view}${query.size === 0 ? '' : `?${query}`}`;
};

/** Changes words of the present view's query, without a step in the history. */
export const setQuery = (changes: Readonly<Record<string, string | null>>): void => {
  history.replaceState(null, '', hashOf(readRoute().view, changes));
  dispatchEvent(new HashChangeEvent('hashchange'));
};
