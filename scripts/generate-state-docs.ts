// Writes docs/states.md: the table in it is what the scheduler does, asked in every state with every command.
import { readFileSync, writeFileSync } from 'node:fs';
import { type CommandName, commands, outcomeOf, type SituationName, situations } from './situations.ts';

const path = new URL('../docs/states.md', import.meta.url);
const begin = '<!-- The table below is generated: npm run generate -->';

const names = Object.keys(commands) as CommandName[];
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export const renderTransitions = (): string =>
  [
    row(['an instance that is', ...names]),
    row(['---', ...names.map(() => '---')]),
    ...(Object.keys(situations) as SituationName[]).map((situation) =>
      row([`**${situation}**`, ...names.map((command) => outcomeOf(situation, command))]),
    ),
  ].join('\n');

/** docs/states.md as it should be, given as it is. */
export const withTransitions = (document: string): string => {
  const [head] = document.split(begin);
  return `${head}${begin}\n\n${renderTransitions()}\n`;
};

if (import.meta.main) writeFileSync(path, withTransitions(readFileSync(path, 'utf8')));
