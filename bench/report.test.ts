import { expect, it } from 'vitest';
import { toCells } from './report.ts';
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
    { name: 'none', samples: [] },
  ]).map(toCells);
  expect(cells).toEqual([
    ['many', '1,235', '1,235', '1,235', '2', ''],
    ['one', '0.0123', '–', '–', '1', '0.000 × many'],
    ['none', '–', '–', '–', '0', ''],
  ]);
});
