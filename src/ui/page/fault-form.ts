// The form of a fault as the description of the control API has it, so that every effect and condition of it can be set.
// No DOM here.

type Schema = {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly discriminator?: { readonly mapping: Readonly<Record<string, string>> };
};

/** The part of a description that is read. */
export type Description = { readonly components: { readonly schemas: Readonly<Record<string, Schema>> } };

const fieldsOf = ({ properties = {}, required = [] }: Schema) =>
  Object.entries(properties)
    .filter(([, schema]) => schema.const === undefined)
    .map(([name, { type, description = '', enum: choices }]) => ({
      name,
      description,
      isRequired: required.includes(name),
      isNumber: type === 'integer' || type === 'number',
      /** All that it may be; null where it is free. */
      choices: choices?.map(String) ?? null,
    }));

export type Field = ReturnType<typeof fieldsOf>[number];

export const toFaultForm = ({ components: { schemas } }: Description) => ({
  effects: Object.entries(schemas['FaultEffect']?.discriminator?.mapping ?? {}).map(([type, pointer]) => {
    const schema = schemas[pointer.slice(pointer.lastIndexOf('/') + 1)] ?? {};
    return { type, description: schema.description ?? '', fields: fieldsOf(schema) };
  }),
  match: fieldsOf(schemas['FaultMatch'] ?? {}),
});

export type FaultForm = ReturnType<typeof toFaultForm>;

const toNumber = (text: string): string | number =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);

/** What is left empty is left out; a number that is none goes as it is, and the emulator says what is wrong with it. */
const valuesOf = (fields: readonly Field[], read: (name: string) => string): Record<string, string | number> =>
  Object.fromEntries(
    fields
      .map(({ name, isNumber }) => [name, isNumber ? toNumber(read(name)) : read(name)] as const)
      .filter(([, value]) => value !== ''),
  );

/** @param read what stands in the field of this name: `id`, `effect.ms`, `match.times` */
export const toFault = (form: FaultForm, type: string, read: (name: string) => string): object => {
  const fields = form.effects.find((effect) => effect.type === type)?.fields ?? [];
  const match = valuesOf(form.match, (name) => read(`match.${name}`));
  return {
    ...(read('id') === '' ? {} : { id: read('id') }),
    ...(Object.keys(match).length === 0 ? {} : { match }),
    effect: { type, ...valuesOf(fields, (name) => read(`effect.${name}`)) },
  };
};

/** Fields in a line: `ms 500, code 3`. */
export const wordsOf = (values: object): string =>
  Object.entries(values)
    .filter(([name]) => name !== 'type')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
