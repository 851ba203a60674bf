import { questions, renderAnswer } from '../../src/profile/questions.ts';
import type { ContractCase } from '../kit/case.ts';
import { counted } from '../model/json.ts';

export type CatalogueEntry = Pick<ContractCase, 'id' | 'requirement' | 'evidence' | 'level' | 'operations'> & {
  readonly needs: readonly string[];
  readonly questions: readonly string[];
};

/** The cases as data, without what they do. */
export const toCatalogue = (cases: readonly ContractCase[]): readonly CatalogueEntry[] =>
  cases.map(({ id, requirement, evidence, level, operations, needs = [], questions: asked = [] }) => ({
    ...{ id, requirement, evidence, level, operations, needs, questions: asked },
  }));

/** For people at a terminal: a line each. */
export const renderCatalogue = (cases: readonly ContractCase[]): string => {
  const asked = new Set(cases.flatMap(({ questions: own = [] }) => own));
  return [
    ...cases.map(
      ({ id, requirement, evidence, level }) =>
        `${id.padEnd(12)} ${evidence.padEnd(11)} ${level.padEnd(11)} ${requirement}`,
    ),
    '',
    `${counted(cases.length, 'case')}, ${counted(asked.size, 'question')}`,
  ].join('\n');
};

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The tables of docs/contract.md. */
export const renderCatalogueAsMarkdown = (cases: readonly ContractCase[]): string =>
  [
    row(['case', 'requirement', 'evidence', 'level', 'needs']),
    row(['---', '---', '---', '---', '---']),
    ...cases.map(({ id, requirement, evidence, level, needs = [] }) =>
      row([`\`${id}\``, requirement, evidence, level, needs.join(', ')]),
    ),
  ].join('\n');

export const renderQuestionsAsMarkdown = (cases: readonly ContractCase[]): string =>
  [
    row(['question', 'asks', 'evidence', 'the emulator answers', 'asked by']),
    row(['---', '---', '---', '---', '---']),
    ...Object.entries(questions).map(([name, { asks, evidence, ours }]) => {
      const askers = cases.filter((one) => (one.questions as readonly string[] | undefined)?.includes(name));
      return row([
        `\`${name}\``,
        asks,
        evidence,
        `\`${renderAnswer(ours)}\``,
        askers.map(({ id }) => `\`${id}\``).join(', '),
      ]);
    }),
  ].join('\n');
