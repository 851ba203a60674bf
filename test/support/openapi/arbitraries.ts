import fc from 'fast-check';
import type { JsonObject } from '../../../src/openapi/load.ts';

type Values = fc.Arbitrary<unknown>;

/** Values of properties in place of any that the schema allows: by them a request is linked to the answer of another. */
export type Links = Readonly<Record<string, Values>>;

/** Values that break one constraint of a schema, and keep all others. */
export type Breach = { readonly constraint: string; readonly values: Values };

const typesOf = ({ type = [] }: JsonObject): readonly string[] => [type].flat().map(String);
const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const propertiesOf = (schema: JsonObject) => Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject>);
const requiredOf = ({ required = [] }: JsonObject): readonly string[] => [required].flat().map(String);

/** Characters of all kinds, halves of surrogate pairs and NUL among them. */
const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'azAZ09-_=. "\\/{}') },
  fc.constantFrom('\0', '\n', '\u{1f600}', '\u0301', '\u202e'),
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
);
const lengthOf = (text: string): number => [...text].length;
const textOf = (minLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: character, minLength, maxLength: minLength + 24 }).filter((text) => lengthOf(text) >= minLength);

/** Names of properties that no schema has; those that objects of JavaScript have besides are the interesting ones. */
const otherName = (schema: JsonObject): fc.Arbitrary<string> =>
  fc
    .oneof(textOf(0), fc.constantFrom('__proto__', 'constructor', 'toString', ''))
    .filter((name) => !propertiesOf(schema).some(([known]) => known === name));

/** What makes a value, by keyword; anything else in a schema that requests use has to be added here. */
const words = new Set(['description', 'examples']);
const keywords = new Set(['type', 'format', 'pattern', 'minLength', 'properties', 'required', 'additionalProperties']);

const check = (schema: JsonObject): void => {
  const unknown = Object.keys(schema).filter((keyword) => !words.has(keyword) && !keywords.has(keyword));
  if (unknown.length > 0) throw new Error(`no values are made for the keyword ${unknown.join(', ')}`);
};

/** Any value that the schema allows. */
export const allowed = (schema: JsonObject, links: Links = {}): Values => {
  check(schema);
  return fc.oneof(...typesOf(schema).map((type) => allowedOf(type, schema, links)));
};

const allowedOf = (type: string, schema: JsonObject, links: Links): Values => {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'string':
      return typeof schema['pattern'] === 'string'
        ? fc.stringMatching(new RegExp(schema['pattern']))
        : textOf(Number(schema['minLength'] ?? 0));
    case 'object':
      return objectOf(schema, links);
    default:
      throw new Error(`no values are made for the type ${type}`);
  }
};

const objectOf = (schema: JsonObject, links: Links): fc.Arbitrary<Record<string, unknown>> => {
  const named = propertiesOf(schema).map(
    ([name, property]) => [name, links[name] ?? allowed(property, links)] as const,
  );
  const { additionalProperties } = schema;
  const others = additionalProperties === undefined ? fc.jsonValue() : allowed(additionalProperties as JsonObject);
  return fc
    .tuple(
      fc.dictionary(otherName(schema), others, { maxKeys: 2 }),
      fc.record(Object.fromEntries(named), { requiredKeys: [...requiredOf(schema)] }),
    )
    .map(([besides, known]) => ({ ...besides, ...known }));
};

/** A breach of each constraint of the schema, at each place in it. */
export const breachesOf = (schema: JsonObject, links: Links = {}, place = ''): readonly Breach[] => {
  check(schema);
  const at = place === '' ? 'the body' : place;
  const types = typesOf(schema);
  const { minLength, pattern } = schema;
  return [
    {
      constraint: `${at} is of type ${types.join(' or ')}`,
      values: fc
        .oneof(fc.jsonValue(), fc.constantFrom(null, 0, true, '', [], {}))
        .filter((value) => !types.includes(typeOf(value))),
    },
    ...(typeof minLength === 'number'
      ? [
          {
            constraint: `${at} has ${minLength} characters`,
            values: textOf(0).filter((text) => lengthOf(text) < minLength),
          },
        ]
      : []),
    ...(typeof pattern === 'string' ? [{ constraint: `${at} matches ${pattern}`, values: unlike(pattern) }] : []),
    ...(types.includes('object') ? breachesOfObject(schema, links, place) : []),
  ];
};

/** Any text, and what is nearly right. */
const unlike = (pattern: string): Values => {
  const right = fc.stringMatching(new RegExp(pattern));
  const nearly = fc.oneof(
    right.map((text) => text.toUpperCase()),
    right.map((text) => text.slice(1)),
    fc.tuple(right, character).map((parts) => parts.join('')),
    fc.tuple(character, right).map((parts) => parts.join('')),
  );
  return fc.oneof(textOf(0), nearly).filter((text) => !new RegExp(pattern).test(text));
};

const breachesOfObject = (schema: JsonObject, links: Links, place: string): readonly Breach[] => {
  const whole = objectOf(schema, links);
  const inside = (name: fc.Arbitrary<string>, { constraint, values }: Breach): Breach => ({
    constraint,
    values: fc.tuple(whole, name, values).map(([object, key, value]) => ({ ...object, [key]: value })),
  });
  const { additionalProperties } = schema;
  return [
    ...requiredOf(schema).map((name) => ({
      constraint: `${place}/${name} is required`,
      values: whole.map(({ [name]: _left, ...rest }) => rest),
    })),
    ...propertiesOf(schema).flatMap(([name, property]) =>
      breachesOf(property, links, `${place}/${name}`).map((breach) => inside(fc.constant(name), breach)),
    ),
    ...(additionalProperties === undefined
      ? []
      : breachesOf(additionalProperties as JsonObject, links, `${place}/*`).map((breach) =>
          inside(otherName(schema), breach),
        )),
  ];
};
