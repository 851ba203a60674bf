// Writes the tables of docs/contract.md from the cases, the questions and the settings as they are.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderCatalogueAsMarkdown, renderQuestionsAsMarkdown } from '../contract-tests/report/catalogue.ts';
import { allCases } from '../contract-tests/suites/all.ts';
import { environmentNameOf, settings } from '../src/cli/configuration/table.ts';

export const contractDocsPath = new URL('../docs/contract.md', import.meta.url);

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const renderSettings = (): string =>
  [
    row(['flag and name in the file', 'environment', 'what it says']),
    row(['---', '---', '---']),
    ...settings.map(({ name, placeholder, description, choices, aliases = [] }) => {
      const variables = [environmentNameOf(name), ...aliases].map((variable) => `\`${variable}\``).join(', ');
      const flag = placeholder === undefined ? `\`--${name}\`` : `\`--${name} <${placeholder}>\``;
      return row([flag, variables, choices === undefined ? description : `${description}: ${choices.join(', ')}`]);
    }),
  ].join('\n');

const tables: Readonly<Record<string, () => string>> = {
  settings: renderSettings,
  cases: () => renderCatalogueAsMarkdown(allCases),
  questions: () => renderQuestionsAsMarkdown(allCases),
};

/** The document with each table between its two marks written again. */
export const withContractTables = (document: string): string =>
  Object.entries(tables).reduce((text, [name, render]) => {
    const begin = `<!-- generated: ${name} (npm run generate) -->`;
    const end = `<!-- end of ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to === -1) throw new Error(`docs/contract.md has no place for ${name}`);
    return `${text.slice(0, from)}${begin}\n\n${render()}\n\n${text.slice(to)}`;
  }, document);

if (import.meta.main) writeFileSync(contractDocsPath, withContractTables(readFileSync(contractDocsPath, 'utf8')));
