import { describe, expect, test } from 'vitest';
import { collectFindings, countOutcomes } from '../kit/judge.ts';
import type { CaseResult, Check, ContractResult } from '../model/result.ts';
import { renderEnd, wholeScreen } from './text.ts';
import { renderReports } from './write.ts';

const broken = (rule: string, evidence: Check['evidence'] = 'documented'): Check => ({
  evidence,
  rule,
  expected: 'a text',
  came: `7\n${'x'.repeat(300)}`,
  met: false,
  operation: 'claimInstance',
});

const caseOf = (id: string, checks: readonly Check[], outcome: CaseResult['outcome'] = 'fail'): CaseResult => ({
  ...{ id, requirement: 'A requirement.', evidence: 'documented', level: 'claim', operations: [], outcome, checks },
  ...{ message: 'why', durationMs: 1, steps: [], defects: [] },
});

const resultOf = (cases: readonly CaseResult[]): ContractResult => ({
  ...{ verdict: 'broken', exitCode: 1, message: 'The scheduler breaks the contract.', startedAt: '', durationMs: 1 },
  suite: { version: '', apiVersion: '' },
  target: { url: '', address: null },
  settings: {},
  warnings: [],
  findings: collectFindings(cases),
  untried: Array.from({ length: 9 }, (_, index) => ({ reason: `reason ${index}`, cases: ['LEASE-001'] })),
  counts: countOutcomes(cases),
  cases,
  defects: [],
  answers: {},
  leftovers: Array.from({ length: 9 }, (_, index) => ({
    ...{ container: 'a', instance: `${index}`, token: 't', phase: 'spawned' as const, reason: 'release: status 500' },
  })),
});

describe('findings', () => {
  test('are one for each broken rule, with the cases and how often it was met', () => {
    const cases = [
      caseOf('A-001', [broken('It differs.', 'our-choice')], 'info'),
      caseOf('B-001', [broken('A token is a text.'), broken('A token is a text.')]),
      caseOf('B-002', [broken('A claim holds.'), broken('A token is a text.')]),
    ];
    const told = collectFindings(cases).map(({ outcome, rule, cases: ids, checks }) => [outcome, rule, ids, checks]);
    expect(told).toEqual([
      ['fail', 'A token is a text.', ['B-001', 'B-002'], 3],
      ['fail', 'A claim holds.', ['B-002'], 1],
      ['info', 'It differs.', ['A-001'], 1],
    ]);
  });

  test('show the text of the case for an accepted deviation and for a fault of the suite', () => {
    const cases = [
      caseOf('A-001', [broken('It differs.')], 'known-difference'),
      caseOf('B-001', [broken('It differs.')], 'error'),
      caseOf('C-001', [], 'fail'),
      caseOf('D-001', [], 'skip'),
    ];
    expect(collectFindings(cases).map(({ outcome, rule }) => [outcome, rule])).toEqual([
      ['error', 'why'],
      ['fail', 'A requirement.'],
      ['known-difference', 'A requirement.'],
    ]);
  });
});

describe('the end of a run on the terminal', () => {
  const many = Array.from({ length: 142 }, (_, index) => caseOf(`A-${100 + index}`, [broken(`Rule ${index}.`)]));

  test.each([1, 5, 142])('is one screen with %i findings', (count) => {
    const lines = renderEnd(resultOf(many.slice(0, count))).split('\n');
    expect(lines.length).toBeLessThan(24);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
    expect(lines[0]).toMatch(/^FAIL {2}Rule 0\. \(A-100\)$/);
    expect(lines[1]).toMatch(/^ {6}claimInstance: expected a text; came 7 x/);
    expect(lines).toContain('not tried, as reason 0: 1 (LEASE-001)');
    expect(lines.at(-1)).toBe('The scheduler breaks the contract.');
  });

  test('has the whole command and the history of what random histories have found', () => {
    const rule = 'Every request is answered.';
    const command = `cycle-scheduler contract --url http://127.0.0.1:4280 ${'--container 65a0000000000000000000c1 '.repeat(4)}--seed 7`;
    const exploration = {
      ...{ seed: 7, histories: 1, requests: 2 },
      contradictions: [
        { rule, seed: 7, isReplayed: true, seen: 'seen again', history: ['claim', 'x'.repeat(900)], command },
      ],
    };
    const found = { ...caseOf('EXPLORE-001', [broken(rule)]), exploration };
    const result = resultOf([found, ...many]);
    const lines = renderEnd(result).split('\n');
    expect(lines[2]).toMatch(/^ {6}history \(seen again\): claim; xxx.*…$/);
    expect(lines[3]).toBe(`      ${command}`);
    const height = lines.reduce((sum, line) => sum + Math.ceil(line.length / 120), 0);
    expect(height).toBeLessThan(24);
    for (const [name, text] of Object.entries(renderReports(result))) {
      expect(text, name).toContain(command);
      expect(text, name).toContain('seen again');
    }
  });

  test('says how many findings it leaves out', () => {
    expect(renderEnd(resultOf(many))).toMatch(/^and 13\d more of fail: see --verbose or --report-dir$/m);
  });

  test('leaves nothing out and cuts nothing where all findings are asked for', () => {
    const infos = many.map((one) => ({ ...one, outcome: 'info' as const, checks: [broken(one.id, 'our-choice')] }));
    const text = renderEnd(resultOf([...many, ...infos, caseOf('B-001', [broken('Rule 0.')])]), wholeScreen);
    expect(text).not.toMatch(/and \d+ more|--verbose|…/);
    expect(text.match(/^FAIL /gm)).toHaveLength(142);
    expect(text.match(/^INFO /gm)).toHaveLength(142);
    expect(text.match(/^(not tried|left behind)/gm)).toHaveLength(18);
    expect(text).toContain('x'.repeat(300));
  });

  test('cuts the rule, not the IDs of the cases, where a line is too long', () => {
    const long = caseOf('INPUT-015', [broken('A rule of many words. '.repeat(20).trim())]);
    const [first = ''] = renderEnd(resultOf([long])).split('\n');
    expect(first).toMatch(/^FAIL {2}A rule .*… \(INPUT-015\)$/);
    expect(first).toHaveLength(120);
  });

  test('says why cases were skipped, the most frequent reason first', () => {
    const skipped = (count: number, message: string) =>
      Array.from({ length: count }, (_, index) => ({ ...caseOf(`A-${100 + index}`, [], 'skip'), message }));
    const all = [...skipped(1, 'rare'), ...skipped(5, 'it needs a container'), ...skipped(2, 'b'), ...skipped(1, 'c')];
    const lines = renderEnd({ ...resultOf([...all, ...many]), untried: [], leftovers: [] }).split('\n');
    expect(lines.filter((line) => /^skipped|like that/.test(line))).toEqual([
      'skipped, 5: it needs a container (A-100, A-101, A-102 and 2 more)',
      'skipped, 2: b (A-100, A-101)',
      'skipped, 1: rare (A-100)',
      'and 1 more like that',
    ]);
    expect(lines.length).toBeLessThan(24);
  });
});
