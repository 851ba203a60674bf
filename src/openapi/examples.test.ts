import { isIP } from 'node:net';
import SwaggerParser from '@apidevtools/swagger-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { objectIdPattern } from '../shared/ids.ts';
import { type Json, type JsonObject, readSchedulerApi } from './load.ts';

type Example = { readonly place: string; readonly schema: JsonObject; readonly value: Json };

const description = readSchedulerApi();
const resolved = (await SwaggerParser.dereference(JSON.parse(JSON.stringify(description)))) as unknown as JsonObject;

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
addFormats.default(ajv);
ajv.addFormat('objectid', objectIdPattern);
ajv.addFormat('ip-address', (text) => isIP(text) !== 0);
ajv.addFormat('cidr', true);
ajv.addKeyword('example');

/** Every example of the document with the schema it stands beside: of media types, parameters and schemas. */
const findExamples = (json: Json, path: readonly string[] = []): readonly Example[] => {
  if (typeof json !== 'object' || json === null) return [];
  const place = path.join(' ');
  const inner = Object.entries(json).flatMap(([key, part]) => findExamples(part, [...path, key]));
  if (Array.isArray(json)) return inner;
  const { schema, examples, example } = json as JsonObject;
  const beside = (schema ?? json) as JsonObject;
  const named = Array.isArray(examples)
    ? (examples as readonly Json[])
    : Object.values((schema === undefined ? undefined : (examples as JsonObject)) ?? {}).map(
        (entry) => (entry as JsonObject)['value'] ?? null,
      );
  return [
    ...inner,
    ...[...named, ...(example === undefined ? [] : [example])].map((value) => ({ place, schema: beside, value })),
  ];
};

/** Each once: where a schema is referred to, its examples come along. */
const examples = [
  ...new Map(
    findExamples(resolved).map((example) => [JSON.stringify([example.schema, example.value]), example]),
  ).values(),
];

test('requests, answers and errors of every operation have examples', () => {
  const places = new Set(findExamples(resolved).map(({ place }) => place));
  for (const operation of ['claim post', 'spawn post', 'release post', 'active get']) {
    const path = `paths /v1/functions/{containerId}/${operation}`;
    if (operation.endsWith('post')) expect(places).toContain(`${path} requestBody content application/json`);
    expect(places).toContain(`${path} responses 200 content application/json`);
    expect(places).toContain(`${path} responses default content application/json`);
  }
});

test.each(examples)('the example is valid: $place', ({ schema, value }) => {
  const validate = ajv.compile(schema);
  validate(value);
  expect(validate.errors).toBeNull();
});
