import type { Fields } from './fields.ts';

/** Where fields belong, by their names: those in the maps and lists of users are left out, which have no place of their own. */
export const homesOf = (fields: Fields, path = ''): ReadonlyMap<string, readonly string[]> => {
  const homes = new Map<string, readonly string[]>();
  const add = (name: string, places: readonly string[]) => homes.set(name, [...(homes.get(name) ?? []), ...places]);
  for (const [name, { type, fields: inner }] of Object.entries(fields)) {
    add(name, [path || 'the container itself']);
    if (type !== 'object') continue;
    for (const [below, places] of homesOf(inner, path === '' ? name : `${path}.${name}`)) add(below, places);
  }
  return homes;
};
