import type { Profile } from './profile.ts';
import type { RecordedAnswer } from './questions.ts';
import { renderAnswer } from './questions.ts';

/** A question that two targets, or one target at two times, answer differently; null where it was not asked. */
type Difference = {
  readonly question: string;
  readonly one: RecordedAnswer | null;
  readonly other: RecordedAnswer | null;
};

type Comparison = {
  readonly one: Pick<Profile, 'target' | 'date'>;
  readonly other: Pick<Profile, 'target' | 'date'>;
  /** Questions that both have answered. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Questions that only one of them was asked: no difference, and no agreement either. */
  readonly unasked: readonly Difference[];
};

export const compareProfiles = (one: Profile, other: Profile): Comparison => {
  const names = [...new Set([...Object.keys(one.answers), ...Object.keys(other.answers)])].sort();
  const pairs = names.map((question) => ({
    question,
    one: one.answers[question] ?? null,
    other: other.answers[question] ?? null,
  }));
  const asked = pairs.filter((pair) => pair.one !== null && pair.other !== null);
  return {
    one: { target: one.target, date: one.date },
    other: { target: other.target, date: other.date },
    compared: asked.length,
    differences: asked.filter((pair) => renderAnswer(pair.one) !== renderAnswer(pair.other)),
    unasked: pairs.filter((pair) => pair.one === null || pair.other === null),
  };
};

const summaryOf = ({ compared, differences, unasked }: Comparison): string => {
  const found = differences.length === 0 ? 'No difference' : `${differences.length} differences`;
  const missing = unasked.length === 0 ? '' : `; ${unasked.length} more were asked of one of them only`;
  return `${found} in ${compared} questions${missing}.`;
};

/** For people at a terminal. */
export const renderComparison = (comparison: Comparison): string => {
  const { one, other, differences, unasked } = comparison;
  const describe = ({ question, one: left, other: right }: Difference): readonly string[] => [
    question,
    `  one    ${renderAnswer(left)}`,
    `  other  ${renderAnswer(right)}`,
  ];
  return [
    `one    ${one.target}, ${one.date}`,
    `other  ${other.target}, ${other.date}`,
    '',
    ...differences.flatMap(describe),
    ...(unasked.length === 0 ? [] : ['', `asked of one only: ${unasked.map(({ question }) => question).join(', ')}`]),
    ...(differences.length + unasked.length === 0 ? [] : ['']),
    summaryOf(comparison),
  ].join('\n');
};

/** As Markdown, for a pull request or a page. */
export const renderComparisonAsMarkdown = (comparison: Comparison): string => {
  const { one, other, differences, unasked } = comparison;
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const row = ({ question, one: left, other: right }: Difference): string =>
    `| \`${question}\` | ${cell(renderAnswer(left))} | ${cell(renderAnswer(right))} |`;
  const table = (rows: readonly Difference[]): readonly string[] => [
    `| question | ${cell(one.target)} | ${cell(other.target)} |`,
    '| --- | --- | --- |',
    ...rows.map(row),
  ];
  return [
    '## How two schedulers differ',
    '',
    `${one.target} (${one.date}) and ${other.target} (${other.date}): ${summaryOf(comparison)}`,
    ...(differences.length === 0 ? [] : ['', ...table(differences)]),
    ...(unasked.length === 0 ? [] : ['', '### Asked of one only', '', ...table(unasked)]),
  ].join('\n');
};
