// Writes stack.schema.json, by which editors judge and explain stack files, from the fields as they are declared.
import { writeFileSync } from 'node:fs';
import { isRecord } from '../src/shared/values.ts';
import { otherImageFields } from '../src/stack/other-image.ts';
import { stackFields } from '../src/stack/read-stack.ts';
import { type Field, type Fields, schemaOf, type ValueSchema } from '../src/stack/reading/fields.ts';

export const stackSchemaPath = new URL('../stack.schema.json', import.meta.url);

/** Forms of kinds of text; what else may be wrong with one, only the reader finds. */
const forms: Partial<Record<Field['type'], string>> = {
  duration: '^(0|(\\d+(\\.\\d+)?(ns|us|µs|μs|ms|s|m|h|d|w|y))+)$',
  size: '^\\d{1,16}(\\.\\d{1,3})? ?[KMGTPkmgtp]?([Ii]?[Bb])?$',
};

/** A stack variable: what it stands for is known when the stack is read. */
const variable = '\\{\\{\\$?[a-z0-9-]+\\}\\}';

/** A text may be a variable, or have some in it. */
const withVariable = (given: ValueSchema): ValueSchema => {
  const below = ['items', 'additionalProperties', 'propertyNames'].flatMap((keyword) => {
    const inner = given[keyword];
    return isRecord(inner) ? [[keyword, withVariable(inner)]] : [];
  });
  const schema: ValueSchema = { ...given, ...Object.fromEntries(below) };
  const { pattern, enum: words, anyOf, ...rest } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: anyOf.map(withVariable) };
  if (pattern !== undefined) return { ...schema, pattern: `${pattern}|${variable}` };
  if (!Array.isArray(words) || words.some((word) => typeof word !== 'string')) return schema;
  return { ...rest, anyOf: [{ enum: words }, { $ref: '#/definitions/variable' }] };
};

/** Null says the same as leaving a field out. */
const orNull = (schema: ValueSchema): ValueSchema => {
  const { type, anyOf, enum: words } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  if (Array.isArray(words)) return { ...schema, enum: [...words, null] };
  return type === undefined ? schema : { ...schema, type: [type, 'null'].flat() };
};

/** An object that says nothing of itself is there for what is in it. */
const isRequired = ({ byDefault, type, fields, variants }: Field): boolean =>
  byDefault === 'required' ||
  (byDefault === '' && type === 'object' && variants === undefined && Object.values(fields).some(isRequired));

const explain = ({ use, note, byDefault }: Field): ValueSchema => {
  const defaults = ['', 'none', 'required'].includes(byDefault) ? [] : [`Without it: ${byDefault}.`];
  const unused = use === 'ignored' ? ['Not acted on by the emulator, which warns where it asks for something.'] : [];
  const rules = note === '' ? [] : [`${note.replace(/^[a-z](?![A-Z`]|[a-z]*-)/, (letter) => letter.toUpperCase())}.`];
  const text = [...rules, ...defaults, ...unused].join(' ').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  return text === '' ? {} : { description: text };
};

const toObject = (fields: Fields): ValueSchema => {
  const required = Object.keys(fields).filter((name) => fields[name] && isRequired(fields[name]));
  return {
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, toSchema(field)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
};

/** Of what depends on a word only the word is judged before it is known. */
const toVariants = (fields: Fields, { on, fields: variants }: NonNullable<Field['variants']>): ValueSchema => {
  const { additionalProperties: _closed, ...word } = toObject(
    Object.fromEntries(Object.entries(fields).filter(([name]) => name === on)),
  );
  const cases = Object.entries(variants).map(([value, more]) => {
    const { properties, ...rules } = toObject({ ...fields, ...more });
    const then = { properties: { ...(properties as ValueSchema), [on]: true }, ...rules };
    return { if: { properties: { [on]: { const: value } }, required: [on] }, then };
  });
  return { ...word, allOf: cases };
};

const toSchema = (field: Field): ValueSchema => {
  const { type, fields, variants } = field;
  const form = forms[type];
  const own = withVariable({ ...schemaOf(field), ...(form && { pattern: form }) });
  const inner = variants ? toVariants(fields, variants) : Object.keys(fields).length > 0 ? toObject(fields) : {};
  const schema = { ...own, ...inNest(type, fields, inner) };
  return { ...explain(field), ...(isRequired(field) ? schema : orNull(schema)) };
};

/** Where the fields are: in the object, in each of a list, in each of a map. */
const inNest = (type: Field['type'], fields: Fields, inner: ValueSchema): ValueSchema => {
  if (Object.keys(inner).length === 0) return {};
  if (type === 'objects') return { items: { type: 'object', ...inner } };
  if (type !== 'map') return inner;
  const entry = { type: 'object', ...inner };
  return { additionalProperties: Object.values(fields).some(isRequired) ? entry : orNull(entry) };
};

const isFunction = ['config', 'deploy', 'strategy'].reduceRight<ValueSchema>(
  (inner, name) => ({ type: 'object', properties: { [name]: inner }, required: [name] }),
  { const: 'function' },
);

/** The image of a function must be one that the emulator can have; that of another container may lie on the platform. */
const toContainers = (containers: Field): ValueSchema => {
  const { image, ...others } = containers.fields;
  const other = { ...image, fields: otherImageFields } as Field;
  const schema = toSchema({ ...containers, fields: { image: other, ...others } });
  const entry = schema['additionalProperties'] as ValueSchema;
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  const rule = { if: isFunction, then: { properties: { image: toSchema(image as Field) } } };
  return { ...schema, additionalProperties: { ...entry, ...rule } };
};

export const stackSchema = (): ValueSchema => {
  const top = toObject(stackFields);
  const properties = { ...(top['properties'] as ValueSchema), containers: toContainers(stackFields.containers) };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Cycle stack',
    description: 'A Cycle stack file, as the emulator of the Scheduler API reads it.',
    type: 'object',
    ...top,
    properties,
    definitions: { variable: { description: 'A stack variable, {{name}}.', type: 'string', pattern: variable } },
  };
};

export const stackSchemaText = (): string => `${JSON.stringify(stackSchema(), null, 2)}\n`;

if (import.meta.main) writeFileSync(stackSchemaPath, stackSchemaText());
