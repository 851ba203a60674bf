import { describe, expect, test } from 'vitest';
import type { ContractCase } from '../case.ts';
import { group } from './run-cases.ts';

const caseOf = (id: ContractCase['id'], instances?: number): ContractCase => ({
  id,
  requirement: 'A case.',
  evidence: 'documented',
  level: 'disruptive',
  operations: [],
  ...(instances === undefined ? {} : { waits: { instances } }),
  run: () => Promise.resolve(),
});

const idsOf = (groups: Iterable<readonly ContractCase[]>) => [...groups].map((cases) => cases.map(({ id }) => id));

const cases = [caseOf('A-1'), caseOf('B-1', 1), caseOf('B-2', 2), caseOf('B-3', 1), caseOf('C-1')];

describe('grouping cases', () => {
  test('lets those wait together that fit into the instances there are', () => {
    expect(idsOf(group(cases, false, () => 3))).toEqual([['A-1'], ['B-1', 'B-2'], ['B-3'], ['C-1']]);
    expect(idsOf(group(cases, false, () => 4))).toEqual([['A-1'], ['B-1', 'B-2', 'B-3'], ['C-1']]);
  });

  test('runs one by one where little is known of the target', () => {
    expect(idsOf(group(cases, false, () => 1)).flat()).toEqual(['A-1', 'B-1', 'B-2', 'B-3', 'C-1']);
    expect(idsOf(group(cases, false, () => 1)).every((ids) => ids.length === 1)).toBe(true);
  });

  test('runs one by one where time is moved: everybody’s would pass', () => {
    expect(idsOf(group(cases, true, () => 100)).every((ids) => ids.length === 1)).toBe(true);
  });
});
