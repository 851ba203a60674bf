import type { Json, JsonObject } from '../../../src/openapi/load.ts';

/** A place where openapi.yaml differs from the public description on purpose: what it does to the public structure. */
export type Difference = {
  readonly name: 'D1' | 'D2' | 'D4' | 'pattern';
  readonly why: string;
  /** The new value for `json`, found at `path`; `json` itself where the difference does not concern it. */
  readonly change: (json: JsonObject, path: readonly string[]) => JsonObject;
};

const endsWith = (path: readonly string[], ...end: readonly string[]): boolean =>
  end.every((name, index) => path.at(index - end.length) === name);

const nullableTime = { type: 'string', format: 'date-time', nullable: true };

export const differences: readonly Difference[] = [
  {
    name: 'D1',
    why: 'an error has three required properties, not one with a long name',
    change: (json, path) =>
      endsWith(path, 'properties', 'error') && String(json['required']) === 'status, code, title'
        ? { ...json, required: ['code', 'status', 'title'] }
        : json,
  },
  {
    name: 'D2',
    why: "release answers both readings: SpawnedInstance's fields and ReleasedInstance's",
    change: (json, path) =>
      path[0] === 'releaseInstance' && endsWith(path, '200', 'content', 'application/json', 'properties', 'data')
        ? {
            ...json,
            properties: {
              ...(json['properties'] as JsonObject),
              claimed: nullableTime,
              spawned: nullableTime,
              released: nullableTime,
            },
          }
        : json,
  },
  {
    name: 'D4',
    why: 'status 429 belongs to code 429.rate-limiting',
    change: (json, path) =>
      endsWith(path, 'error', 'properties', 'status')
        ? { ...json, enum: [...(json['enum'] as readonly number[]), 429].toSorted((a, b) => a - b) }
        : json,
  },
  {
    name: 'pattern',
    why: 'a format binds no validator that does not know it',
    change: (json) => (json['format'] === 'objectid' ? { ...json, pattern: '^[0-9a-f]{24}$' } : json),
  },
];

/** The public structure with the differences in it. */
export const applyDifferences = (json: Json, chosen: readonly Difference[], path: readonly string[] = []): Json => {
  if (Array.isArray(json)) return json;
  if (typeof json !== 'object' || json === null) return json;
  const parts = Object.entries(json).map(([key, part]) => [key, applyDifferences(part, chosen, [...path, key])]);
  return chosen.reduce((changed, { change }) => change(changed, path), Object.fromEntries(parts) as JsonObject);
};
