import { describe, expect, test } from 'vitest';
import type { ContractCase } from './case.ts';
import { schedule } from './schedule.ts';

const caseOf = (id: ContractCase['id'], more: Partial<ContractCase> = {}): ContractCase => ({
  id,
  requirement: 'A case.',
  evidence: 'documented',
  level: 'disruptive',
  operations: [],
  ...more,
  run: () => Promise.resolve(),
});
const waiting = (id: ContractCase['id'], waits: ContractCase['waits']): ContractCase =>
  caseOf(id, waits === undefined ? {} : { waits });

const cases = [
  caseOf('A-1'),
  waiting('W-1', { instances: 1, takesRest: true }),
  caseOf('A-2'),
  caseOf('A-3', { leavesClaims: true }),
  waiting('W-2', { instances: 1, frees: true }),
  waiting('W-3', { instances: 1 }),
  waiting('W-4', { instances: 1 }),
  waiting('W-5', { instances: Number.POSITIVE_INFINITY }),
  caseOf('Z-1'),
];

const planned = (isMovable: boolean, instances: number) =>
  [...schedule(cases, isMovable, () => instances)].map((group) =>
    group.flat().map(({ one, share }) => [one.id, share]),
  );

const all = Number.POSITIVE_INFINITY;

describe('the schedule of a run', () => {
  test('lets cases wait together as far as there are instances, where the last of them stands', () => {
    expect(planned(false, 3)).toEqual([
      [['A-3', all]],
      [['A-1', all]],
      [['A-2', all]],
      [['W-1', 1], ['W-3', 1], ['W-4', 1]],
      [['W-2', all]],
      [['W-5', all]],
      [['Z-1', all]],
    ]); // biome-ignore format: a row for each group
  });

  test('gives the instances left to one case that takes the rest, never beside a case that claims again', () => {
    expect(planned(false, 6).slice(3, -1)).toEqual([
      [['W-1', 4], ['W-3', 1], ['W-4', 1]],
      [['W-2', all]],
      [['W-5', all]],
    ]); // biome-ignore format: a row for each group
  });

  test('runs cases that take no instance beside those that do, from the case that waits in line on', () => {
    const probes = [caseOf('P-1', { level: 'probe' }), caseOf('A-1'), caseOf('P-2', { level: 'probe' })];
    const inLine = [...probes, caseOf('L-1', { waitsInLine: true }), caseOf('P-3', { level: 'probe' })];
    expect(
      [...schedule(inLine, false, () => 1)].map((group) => group.map((chain) => chain.map(({ one }) => one.id))),
    ).toEqual([
      [
        ['L-1', 'A-1'],
        ['P-1', 'P-2'],
      ],
      [['P-3']],
    ]);
  });

  test('runs cases one by one where the function has one instance', () => {
    expect(planned(false, 1).every((group) => group.length === 1)).toBe(true);
  });

  test('lets cases wait at the second function beside those of the first', () => {
    const elsewhere = [
      waiting('E-1', { instances: 3, elsewhere: true }),
      waiting('E-2', { instances: 1, elsewhere: true }),
    ];
    const groups = [
      ...schedule(
        [...cases, ...elsewhere],
        false,
        () => 3,
        () => 3,
      ),
    ];
    expect(groups.slice(4).map((group) => group.flat().map(({ one, elsewhere: at = false }) => [one.id, at]))).toEqual([
      [['W-1', false], ['W-3', false], ['W-4', false], ['E-1', true]],
      [['W-2', false], ['E-2', true]],
      [['W-5', false]],
    ]); // biome-ignore format: a row for each group
  });

  test('keeps the order of the cases where time is moved: all time passes for all of them', () => {
    expect(planned(true, 100)).toEqual(cases.map(({ id }) => [[id, all]]));
  });
});
