import { expect, test } from 'vitest';
import type { CaseResult } from '../model/result.ts';
import type { ContractCase } from './case.ts';
import { toEnoughSeconds } from './enough-seconds.ts';

const caseOf = (id: ContractCase['id'], waits?: ContractCase['waits']): ContractCase => ({
  ...{ id, requirement: '', evidence: 'documented', level: 'disruptive', operations: [] },
  ...(waits === undefined ? {} : { waits }),
  run: () => Promise.resolve(),
});
const resultOf = (id: string, durationMs: number): CaseResult => ({
  ...{ id, requirement: '', evidence: 'documented', level: 'disruptive', operations: [] },
  ...{ outcome: 'pass', message: '', durationMs, checks: [], steps: [], defects: [] },
});

const chosen = [
  ...[caseOf('A-1'), caseOf('A-2'), caseOf('A-3'), caseOf('EXPLORE-001')],
  ...[
    caseOf('W-1', { instances: 2 }),
    caseOf('W-2', { instances: 1 }),
    caseOf('W-3', { instances: Number.POSITIVE_INFINITY }),
  ],
];
const course = { chosen, spentMs: 78_000, instances: 2, settleMs: 3_000, exploreSeconds: 20 };

test('enough time for a run that was too slow is what its other cases take at its pace, with each lease twice', () => {
  const results = [resultOf('A-1', 6_000), resultOf('A-2', 2_000)];
  // 1.5 times 4 seconds, two groups of 24.2 seconds, and the exploration.
  expect(toEnoughSeconds({ ...course, results, untried: new Set(['A-3', 'EXPLORE-001', 'W-1', 'W-2', 'W-3']) })).toBe(
    160,
  );
});

test('enough time for a run that was cut off in its last case is a little more', () => {
  const results = [resultOf('A-1', 6_000), resultOf('A-2', 2_000), resultOf('A-3', 1_000)];
  expect(toEnoughSeconds({ ...course, results, untried: new Set(['A-3']) })).toBe(90);
});
