import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { ApiDescription, Json, JsonObject } from '../openapi/load.ts';
import { requireDependency } from '../package-root.ts';
import { descriptionFormats } from './description-formats.ts';
import { lazily } from './lazily.ts';

/** Whether a value is certainly in order. */
export type Check = (value: unknown) => boolean;

/** Where something stands in a description: the steps from its top. */
export type Place = readonly string[];

export type SchemaCompiler = {
  /** Follows references: where that really stands, and what it is. Null where nothing does. */
  find(place: Place): { readonly place: Place; readonly value: JsonObject } | null;
  /** A schema that says what the one at that place says. */
  schemaAt(place: Place): JsonObject;
  /** Null where a schema says something that would not be enforced. */
  compile(schema: JsonObject, kind: 'request' | 'answer'): Check | null;
};

const name = 'description';

export const createSchemaCompiler = (description: ApiDescription): SchemaCompiler => {
  const compilers = {
    // The validator fills in what a request leaves out.
    request: lazily(() => createAjv(description, { useDefaults: true })),
    answer: lazily(() => createAjv(description, {})),
  };
  const find: SchemaCompiler['find'] = (place) => {
    const value = place.reduce<Json | undefined>(
      (at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined),
      description as unknown as JsonObject,
    );
    if (!isObject(value)) return null;
    const reference = value['$ref'];
    return typeof reference === 'string' ? find(fromReference(reference)) : { place, value };
  };
  return {
    find,
    schemaAt: (place) => ({ $ref: `${name}#/${place.map(toPointer).join('/')}` }),
    compile: (schema, kind) => {
      try {
        return compilers[kind]().compile<unknown>(schema);
      } catch {
        return null;
      }
    },
  };
};

/** Loaded when the first request comes, like the validator: a start would wait for it. */
const loadAjv = () => ({
  Ajv: (requireDependency('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')).Ajv2020,
  addFormats: (requireDependency('ajv-formats') as typeof import('ajv-formats')).default,
});

const createAjv = (description: ApiDescription, options: { readonly useDefaults?: true }): Ajv2020 => {
  const { Ajv, addFormats } = loadAjv();
  const ajv = new Ajv({
    ...options,
    // A word it does not know fails to compile …
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
  });
  // … and so do those that it knows as advice and the validator enforces.
  ajv.removeKeyword('readOnly');
  ajv.removeKeyword('writeOnly');
  // The whole document is a schema to it, since what is compiled refers to its parts.
  ajv.addVocabulary([...Object.keys(description), 'example']);
  addFormats(ajv, { mode: 'fast' });
  for (const [format, definition] of Object.entries(descriptionFormats)) ajv.addFormat(format, definition);
  return ajv.addSchema(description, name, undefined, false);
};

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null;

/** A step as references have it: a JSON pointer (RFC 6901) in a URL's fragment. */
const toPointer = (step: string): string => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'));

/** References of a description point into itself. */
const fromReference = (reference: string): Place =>
  reference
    .split('/')
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
