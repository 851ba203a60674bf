import type { Json, JsonObject } from '../../../src/openapi/load.ts';

/** The operations of an OpenAPI document in the form of scheduler-api.skeleton.json: structure without words. */
export type Operation = JsonObject & { readonly operationId: string };

const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const object = (json: Json | undefined): JsonObject => (isObject(json) ? json : {});
const list = (json: Json | undefined): readonly Json[] => (Array.isArray(json) ? json : []);
const mapValues = (json: Json | undefined, change: (value: JsonObject) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object(json)).map(([key, value]) => [key, change(object(value))]));
/** Leaves out what is undefined or empty: the skeleton has no empty lists. */
const present = (fields: { readonly [key: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined && field[1] !== false),
  );
const sorted = (values: readonly Json[]): readonly Json[] =>
  values.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

/** `allOf` as the one object it amounts to. */
const mergeAll = (parts: readonly JsonObject[]): JsonObject => ({
  ...Object.assign({}, ...parts),
  properties: Object.assign({}, ...parts.map((part) => part['properties'])),
  required: [...new Set(parts.flatMap((part) => list(part['required'])))],
});

/** Both 3.1 ways to say "or null" as the skeleton's `nullable`. */
const splitNull = (schema: JsonObject): { readonly schema: JsonObject; readonly nullable: boolean } => {
  const choices = list(schema['oneOf']);
  const other = choices.find((choice) => object(choice)['type'] !== 'null');
  if (choices.length === 2 && other !== undefined) return { schema: object(other), nullable: true };
  const type = list(schema['type']);
  return type.includes('null')
    ? { schema: { ...schema, type: type.find((name) => name !== 'null') ?? 'null' }, nullable: true }
    : { schema, nullable: false };
};

const structureOfSchema = (json: Json | undefined): JsonObject => {
  const whole = object(json);
  const { schema, nullable } = splitNull(
    whole['allOf'] === undefined ? whole : mergeAll(list(whole['allOf']).map(object)),
  );
  const { type, format, pattern, minLength, properties, items, additionalProperties, required } = schema;
  const values = schema['enum'];
  return present({
    type,
    format,
    pattern,
    minLength,
    nullable,
    enum: values && sorted(list(values).filter((value) => value !== null)),
    properties: properties && mapValues(properties, structureOfSchema),
    items: items && structureOfSchema(items),
    additionalProperties: additionalProperties && structureOfSchema(additionalProperties),
    required: required && sorted(list(required)),
  });
};

const structureOfContent = (json: JsonObject): Json => ({
  content: mapValues(json['content'], (media) => structureOfSchema(media['schema'])),
});

/** The structure of a document without references, operations sorted by `operationId`. */
export const structureOf = (document: JsonObject): readonly Operation[] => {
  const schemes = object(object(document['components'])['securitySchemes']);
  return Object.entries(object(document['paths'])).flatMap(([path, item]) =>
    Object.entries(object(item))
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({
        ...present({
          requestBody: object(operation)['requestBody'] && {
            ...object(structureOfContent(object(object(operation)['requestBody']))),
            required: object(object(operation)['requestBody'])['required'] ?? false,
          },
        }),
        path,
        method: method.toUpperCase(),
        operationId: String(object(operation)['operationId']),
        parameters: list(object(item)['parameters']).map((parameter) => ({
          in: object(parameter)['in'] ?? null,
          name: object(parameter)['name'] ?? null,
          required: object(parameter)['required'] ?? null,
          schema: structureOfSchema(object(parameter)['schema']),
        })),
        responses: mapValues(object(operation)['responses'], structureOfContent),
        security: list(object(operation)['security']).map((choice) =>
          Object.keys(object(choice)).map((name) => {
            const { type, in: where, name: header } = object(schemes[name]);
            return { type: type ?? null, in: where ?? null, name: String(header).toLowerCase() };
          }),
        ),
      })),
  );
};

export const byOperationId = (a: Operation, b: Operation): number => (a.operationId < b.operationId ? -1 : 1);
