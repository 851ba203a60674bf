import { expect, it } from 'vitest';
import { toCells, toVerdict } from './report.ts';
import { times, toLookup } from './row.ts';
import { toLines } from './samples.ts';

const upTo = (most: number): readonly number[] => Array.from({ length: most }, (_, index) => index + 1);

it('a summary has the median of the samples, and the values that few of them exceed', () => {
  const [line] = toLines([{ name: 'one', samples: upTo(100) }]);
  expect(line).toMatchObject({ count: 100, p50: 51, p95: 96, p99: 100, ratio: null });
});

it('a ratio compares medians', () => {
  const lines = toLines([
    { name: 'peer', samples: [10, 20, 30] },
    { name: 'ours', samples: [1, 30, 90], beside: 'peer' },
  ]);
  expect(lines[1]).toMatchObject({ p50: 30, beside: 'peer', ratio: 1.5 });
});

it('a figure shows three significant digits, and no percentile of a single sample', () => {
  const cells = toLines([
    { name: 'many', samples: [1_234.5, 1_234.5] },
    { name: 'one', samples: [0.012_34], beside: 'many' },
    { name: 'none', samples: [], beside: 'many' },
  ]).map(toCells);
  expect(cells).toEqual([
    ['many', '1,235', '1,235', '1,235', '2', ''],
    ['one', '0.0123', '–', '–', '1', '0.000 × many'],
    ['none', '–', '–', '–', '0', ''],
  ]);
});

it('a target about a ratio says which was found', () => {
  const lines = toLines([
    { name: 'peer', samples: [10] },
    { name: 'ours', samples: [7] },
  ]);
  const verdicts = [
    times('ours', '≤', 0.6, 'peer'),
    times('ours', '≥', 0.6, 'peer'),
    times('none', '≤', 1, 'peer'),
  ].map(({ says, isMet, ratio }) =>
    toVerdict({ says, met: isMet(toLookup(lines)), ratio: ratio?.(toLookup(lines)) ?? 0 }),
  );
  expect(verdicts).toEqual([
    'missed: ours ≤ 0.6 × peer (0.70)',
    'met: ours ≥ 0.6 × peer (0.70)',
    'missed: none ≤ 1 × peer',
  ]);
});
