// Writes the tables of docs/fixtures.md from the fields of a stack file as they are declared.
import { readFileSync, writeFileSync } from 'node:fs';
import { originDetails } from '../src/stack/image.ts';
import { stackFields } from '../src/stack/read-stack.ts';
import type { Field, Fields } from '../src/stack/reading/fields.ts';
import { row, withTables } from './generated-tables.ts';

export const stackDocsPath = new URL('../docs/fixtures.md', import.meta.url);

type Line = { readonly path: string; readonly field: Field };

/** A field with all below it, by their paths. */
const linesOf = (fields: Fields, prefix: string): readonly Line[] =>
  Object.entries(fields).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const below = field.type === 'map' ? `${path}.<name>.` : field.type === 'objects' ? `${path}[].` : `${path}.`;
    return [{ path, field }, ...linesOf(field.fields, below)];
  });

/** Objects that say nothing of themselves are only the way to their fields. */
const isRead = ({ field: { use, note, byDefault } }: Line): boolean => use === 'read' && note + byDefault !== '';

const renderTable = (lines: readonly Line[]): string =>
  [
    row(['field', 'type', 'without it', 'rules']),
    row(['---', '---', '---', '---']),
    ...lines
      .filter(isRead)
      .map(({ path, field: { type, byDefault, note } }) => row([`\`${path}\``, type, byDefault, note])),
  ].join('\n');

const renderList = (lines: readonly Line[], use: Field['use']): string =>
  lines
    .flatMap(({ path, field }) =>
      field.use === use ? [`\`${path}\`${field.note === '' ? '' : ` (${field.note})`}`] : [],
    )
    .join(', ');

const { containers, scoped_variables: variables, services, emulator } = stackFields;
const all = linesOf(stackFields, '');

const tables = {
  containers: renderTable(linesOf(containers.fields, '')),
  images: Object.entries(originDetails)
    .map(([type, { fields }]) => `\`type: ${type}\`, in \`details\`:\n\n${renderTable(linesOf(fields, ''))}`)
    .join('\n\n'),
  'scoped variables': renderTable(linesOf(variables.fields, '')),
  services: renderTable(linesOf(services.fields, '')),
  emulator: renderTable(linesOf(emulator.fields, '')),
  'what is left out': [
    `Not acted on, with a warning where they ask for something: ${renderList(all, 'ignored')}.`,
    `Without a word: ${renderList(all, 'passed')}.`,
  ].join('\n\n'),
};

export const withStackTables = (document: string): string => withTables(document, tables);

if (import.meta.main) writeFileSync(stackDocsPath, withStackTables(readFileSync(stackDocsPath, 'utf8')));
