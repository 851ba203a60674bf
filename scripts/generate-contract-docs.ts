// Writes the tables of docs/contract.md from the cases, the questions and the settings as they are.
import { readFileSync, writeFileSync } from 'node:fs';
import { renderCatalogueAsMarkdown, renderQuestionsAsMarkdown } from '../contract-tests/report/catalogue.ts';
import { allCases } from '../contract-tests/suites/all.ts';
import { environmentNameOf, settings } from '../src/cli/contract/settings.ts';
import { row, withTables } from './generated-tables.ts';

export const contractDocsPath = new URL('../docs/contract.md', import.meta.url);

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

export const withContractTables = (document: string): string =>
  withTables(document, {
    settings: renderSettings(),
    cases: renderCatalogueAsMarkdown(allCases),
    questions: renderQuestionsAsMarkdown(allCases),
  });

if (import.meta.main) writeFileSync(contractDocsPath, withContractTables(readFileSync(contractDocsPath, 'utf8')));
