import type { Machine } from './machine.ts';
import { type Row, toLookup } from './row.ts';
import { type Line, type Sampled, toLines } from './samples.ts';

/** All that one run of the bench has found out; what `--json` writes and docs/performance.md is made from. */
export type Report = {
  readonly date: string;
  readonly short: boolean;
  readonly seconds: number;
  readonly machine: Machine;
  readonly rows: readonly RowReport[];
};

export type RowReport = Pick<Row, 'key' | 'title' | 'unit' | 'limits'> & {
  readonly lines: readonly Line[];
  /** The ratio is missing where a target is about something else. */
  readonly targets: readonly { readonly says: string; readonly met: boolean; readonly ratio?: number }[];
};

/** @param docker the engine's version */
export const toRowReport = (row: Row, sampled: readonly Sampled[], docker: string): RowReport => {
  const { key, title, unit, limits } = row;
  const lines = toLines(sampled);
  const find = toLookup(lines);
  const targets = row.targets(docker).map(({ says, isMet, ratio }) => ({
    says,
    met: isMet(find),
    ...(ratio === undefined ? {} : { ratio: ratio(find) }),
  }));
  return { key, title, unit, limits, lines, targets };
};

/** Three digits that count, so that small and large figures are equally exact; nothing where nothing was measured. */
const toFigure = (value: number | null): string => {
  if (value === null || !Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value === 0 ? '0' : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(value))));
};

export const tableHead = ['', 'p50', 'p95', 'p99', 'of', 'beside'] as const;

/** The cells of a line; the last is how often the peer's median goes into its own. */
export const toCells = ({ name, p50, p95, p99, count, ratio, beside }: Line): readonly string[] => [
  name,
  toFigure(p50),
  count > 1 ? toFigure(p95) : '–',
  count > 1 ? toFigure(p99) : '–',
  String(count),
  ratio === null || !Number.isFinite(ratio) || beside === name ? '' : `${toRatio(ratio)} × ${beside}`,
];

const toRatio = (ratio: number): string => ratio.toFixed(ratio < 0.1 ? 3 : 2);

export const toVerdict = ({ says, met, ratio }: RowReport['targets'][number]): string =>
  `${met ? 'met' : 'missed'}: ${says}${Number.isFinite(ratio) ? ` (${toRatio(Number(ratio))})` : ''}`;
