import type { Json, JsonObject } from '../openapi/load.ts';
import { isObjectId } from '../shared/ids.ts';
import type { Exchange } from './recording.ts';

/** What the platform writes for "never", which is the same in every run. */
const zeroTime = '0001-01-01T00:00:00Z';

const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && text !== zeroTime;

/** Puts placeholders where tokens, instance IDs and points in time stand, the same one for the same thing throughout. */
export function* normalise(exchanges: Iterable<Exchange>): Iterable<Exchange> {
  const tokens = createPlaceholders('token');
  const instances = createPlaceholders('instance');
  const places = { tokens, instances };
  for (const { operation, container_id, request, status, response } of exchanges) {
    noteInstances(request, instances);
    if (operation === 'getActiveInstances') noteKeys(response['data'], instances);
    noteInstances(response, instances);
    const [asked, answered] = [replace(request, places), replace(response, places) as JsonObject];
    yield { operation, container_id, request: asked, status, response: answered };
  }
}

type Placeholders = { of(text: string): string; readonly known: ReadonlyMap<string, string> };

const createPlaceholders = (kind: string): Placeholders => {
  const known = new Map<string, string>();
  return {
    known,
    of: (text) => {
      const placeholder = known.get(text) ?? `<${kind}-${known.size + 1}>`;
      known.set(text, placeholder);
      return placeholder;
    },
  };
};

const noteInstances = (value: Json | undefined, instances: Placeholders): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'instance_id' && typeof inner === 'string' && isObjectId(inner)) instances.of(inner);
    else noteInstances(inner, instances);
  }
};

/** Active instances are a map by ID. */
const noteKeys = (value: Json | undefined, instances: Placeholders): void => {
  if (typeof value === 'object' && value !== null) for (const key of Object.keys(value)) instances.of(key);
};

const replace = (value: Json, places: { tokens: Placeholders; instances: Placeholders }, key?: string): Json => {
  if (typeof value === 'string') {
    if (key === 'token') return places.tokens.of(value);
    if (isDateTime(value)) return '<time>';
    return replaceInstances(value, places.instances);
  }
  if (Array.isArray(value)) return value.map((inner: Json) => replace(inner, places));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      places.instances.known.get(name) ?? name,
      replace(inner, places, name),
    ]),
  );
};

/** Also inside sentences: the detail of an error names the instance. */
const replaceInstances = (text: string, { known }: Placeholders): string =>
  text.replace(/[0-9a-f]{24}/g, (id) => known.get(id) ?? id);
