import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

export type Schema = {
  readonly $ref?: string;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
};

/** The platform's public schema of stack files, without its descriptions: the judge of what a stack is, beside our reader. */
export const platformSchema = JSON.parse(readFileSync(new URL('stack-schema.json', import.meta.url), 'utf8')) as Schema;

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  validateFormats: false,
  unicodeRegExp: false,
  logger: false,
});
const validate = ajv.compile(platformSchema as object);

/** What the schema has against the value, one line each; a variable in its place is never what was meant. */
export const complaintsOf = (value: unknown): readonly string[] => {
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .filter(({ keyword, schemaPath }) => keyword !== 'pattern' && !schemaPath.includes('about/oneOf/1'))
    .map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
};

/** The schema that a reference names, or the schema itself. */
export const dereference = (schema: Schema): Schema => {
  if (schema.$ref === undefined) return schema;
  const steps = schema.$ref.slice(2).split('/');
  const target = steps.reduce<unknown>(
    (node, step) => (node as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')],
    platformSchema,
  );
  return dereference(target as Schema);
};
