import { isIP } from 'node:net';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ApiDescription, JsonObject } from '../../src/openapi/load.ts';
import { excerpt, fieldOf, isRecord } from '../model/json.ts';
import type { Finding } from './findings.ts';

type SchemaName = 'ClaimedInstance' | 'SpawnedInstance' | 'ReleasedInstance' | 'Instance' | 'ErrorEnvelope';
type Schemas = ApiDescription['components']['schemas'];

/** What breaks the schema in `value`, which stands at `place` of the body. */
export type Validate = (schema: SchemaName, value: unknown, place: string) => readonly Finding[];

/** Validators for openapi.yaml's schemas, formats enforced, with its defects (`defects` in findings.ts) taken out. */
export const createValidators = (description: ApiDescription): Validate => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true });
  addFormats.default(ajv);
  // Upper case is no defect of an ID: that the platform writes lower case is inferred and checked elsewhere.
  ajv.addFormat('objectid', /^[0-9a-f]{24}$/i);
  ajv.addFormat('ip-address', (text: string) => isIP(text) !== 0);
  ajv.addFormat('cidr', (text: string) => /^[^/]+\/\d{1,3}$/.test(text) && isIP(text.split('/')[0] ?? '') !== 0);
  ajv.addSchema({ $id: 'api', components: { schemas: withoutDefects(description.components.schemas) } });
  return (schema, value, place) => {
    const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
    if (validate === undefined) throw new Error(`openapi.yaml describes no ${schema}`);
    validate(value);
    return (validate.errors ?? []).map((error) => toFinding(schema, error, place));
  };
};

const toFinding = (schema: SchemaName, error: ErrorObject, place: string): Finding => ({
  evidence: 'documented',
  source: schema === 'ErrorEnvelope' ? 'error' : 'schemas',
  rule: `Bodies are as openapi.yaml describes them: ${schema}.`,
  expected: `${place}${error.instancePath} ${error.message ?? error.keyword}`,
  came: error.keyword === 'required' ? `only ${excerpt(Object.keys(Object(error.data)))}` : excerpt(error.data),
});

const withoutDefects = (schemas: Schemas): Schemas => {
  const { pattern: _ours, ...id } = schemas['ID'] ?? {};
  const sdn = schemas['SdnPoolIp'] ?? {};
  return {
    ...schemas,
    ID: id,
    Error: withProperty(schemas['Error'], 'status', { type: 'integer' }),
    InstanceEvents: withProperty(schemas['InstanceEvents'], 'deleted', {
      oneOf: [{ $ref: '#/components/schemas/DateTime' }, { type: 'null' }],
    }),
    Instance: withNullable(schemas['Instance']),
    InstanceState: withNullable(schemas['InstanceState']),
    SdnPoolIp: { ...sdn, required: [sdn['required'] ?? []].flat().filter((name) => name !== 'assingment') },
  };
};

const withProperty = (schema: JsonObject = {}, name: string, property: JsonObject): JsonObject => ({
  ...schema,
  properties: { ...(schema['properties'] as JsonObject), [name]: property },
});

/** D10: each optional property may be null, too. */
const withNullable = (schema: JsonObject = {}): JsonObject => {
  const required = [schema['required'] ?? []].flat();
  const properties = Object.entries(schema['properties'] as JsonObject).map(([name, property]) => [
    name,
    required.includes(name) ? property : { anyOf: [property, { type: 'null' }] },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
};

/** Whether a field of the instance is null that the description does not let be null (D10). */
export const meetsD10 = (instance: unknown): boolean =>
  [['function'], ['service'], ['state', 'error']].some((names) => fieldOf(instance, ...names) === null);

/** Whether any SDN address in the instance falls under D7. */
export const meetsD7 = (instance: unknown): boolean => {
  const ips = fieldOf(instance, 'meta', 'sdn_pool_ips');
  return Array.isArray(ips) && ips.some((ip) => isRecord(ip) && !('assingment' in ip));
};
