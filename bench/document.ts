import { toSentence } from './machine.ts';
import { type Report, type RowReport, tableHead, toCells, toVerdict } from './report.ts';

const toTableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const toSection = ({ key, title, unit, limits, lines, targets }: RowReport): string =>
  [
    `## ${title}`,
    [
      toTableRow([unit, ...tableHead.slice(1)]),
      toTableRow(['---', '---:', '---:', '---:', '---:', '---']),
      ...lines.map((line) => toTableRow(toCells(line))),
    ].join('\n'),
    `${limits} (\`--only ${key}\`)`,
    ...(targets.length === 0 ? [] : [targets.map((target) => `- ${toVerdict(target)}`).join('\n')]),
  ].join('\n\n');

/** docs/performance.md. */
export const renderDocument = ({ date, machine, seconds, rows }: Report): string =>
  `${[
    '# Performance',
    `<!-- Made by \`npm run bench -- --write\` from performance.json: do not edit. -->`,
    `Measured on ${date.slice(0, 10)} in ${Math.round(seconds)} seconds by \`npm run bench -- --write\`, on this machine: ${toSentence(machine)}.`,
    'Contenders take turns in one run; p50, p95 and p99 are the values below which that share of the samples lies, and “of” says how many there were. The last column holds the medians against each other: machines differ, ratios less. Emulators run as processes of their own, as `cycle-scheduler start` has it, log included; bare containers have the very same options as the emulator’s.',
    ...rows.map(toSection),
  ].join('\n\n')}\n`;
