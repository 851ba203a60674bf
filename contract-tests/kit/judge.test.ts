import { expect, test } from 'vitest';
import type { CaseResult, Outcome } from '../model/result.ts';
import { judgeRun } from './judge.ts';

const caseOf = (outcome: Outcome, index: number): CaseResult => ({
  ...{
    id: `${outcome}-${index}`,
    requirement: 'A requirement.',
    evidence: 'documented',
    level: 'claim',
    operations: [],
  },
  ...{ outcome, message: '', durationMs: 1, checks: [], steps: [], defects: [] },
});

type Counts = { readonly [Name in Outcome]?: number };
type Course = Partial<Parameters<typeof judgeRun>[0]>;

const judge = (counts: Counts, course: Course = {}) => {
  const cases = Object.entries(counts).flatMap(([outcome, count]) =>
    Array.from({ length: count }, (_, index) => caseOf(outcome as Outcome, index)),
  );
  const quiet = {
    hasSucceeded: true,
    leftovers: [],
    untried: [],
    accepted: new Set<string>(),
    isStrict: false,
    isInterrupted: false,
  };
  return judgeRun({ ...quiet, lost: null, enoughSeconds: null, cases, ...course });
};

const untried = [{ reason: 'it was late', cases: ['A-001'] }];
const leftover = { container: 'c', instance: 'i', token: 't', phase: 'spawned', reason: 'gone' } as const;

test.each<[Counts, Course, string, string]>([
  [{ pass: 1 }, {}, 'conforms', 'The scheduler conforms: it keeps the contract in 1 case.'],
  [{ pass: 2, skip: 1 }, {}, 'conforms', 'The scheduler conforms: it keeps the contract in 2 cases.'],
  [
    { warn: 1 },
    {},
    'conforms',
    'The scheduler conforms: it keeps the contract in 1 case. In 1 case it differs where nothing is documented.',
  ],
  [
    { pass: 2, warn: 1, info: 1 },
    {},
    'conforms',
    'The scheduler conforms: it keeps the contract in 4 cases. In 2 cases it differs where nothing is documented.',
  ],
  [
    { pass: 1, 'known-difference': 1 },
    {},
    'conforms',
    'The scheduler conforms but for 1 known difference: it keeps the contract in 1 case.',
  ],
  [
    { 'known-difference': 2 },
    {},
    'conforms',
    'The scheduler conforms but for 2 known differences, and nothing else was judged.',
  ],
  [
    { pass: 9, 'known-difference': 1 },
    { hasSucceeded: false },
    'incomplete',
    'No operation of the API succeeded, so the run does not say that the scheduler conforms.',
  ],
  [{ pass: 9, fail: 1 }, { hasSucceeded: false }, 'broken', 'The scheduler breaks the contract in 1 case.'],
  [{}, {}, 'nothing-said', 'No documented case ran to its end, so the run does not judge the scheduler.'],
  [{ skip: 2 }, {}, 'nothing-said', 'No documented case ran to its end, so the run does not judge the scheduler.'],
  [{ pass: 9, fail: 1 }, {}, 'broken', 'The scheduler breaks the contract in 1 case.'],
  [{ fail: 2, warn: 1 }, { untried }, 'broken', 'The scheduler breaks the contract in 2 cases. 1 case was not tried.'],
  [{ warn: 1 }, { isStrict: true }, 'broken', 'The scheduler breaks the contract in 1 case, only by --strict.'],
  [
    { fail: 1, warn: 1, info: 1 },
    { isStrict: true },
    'broken',
    'The scheduler breaks the contract in 3 cases, 2 of them only by --strict.',
  ],
  [
    { fail: 1, 'known-difference': 1 },
    {},
    'broken',
    'The scheduler breaks the contract in 1 case. 1 known difference is not counted.',
  ],
  [
    { fail: 1, pass: 1 },
    { accepted: new Set(['fail-0']) },
    'broken',
    'A known difference no longer differs: remove fail-0 from the list.',
  ],
  [
    { fail: 3 },
    { accepted: new Set(['fail-0', 'fail-2']) },
    'broken',
    'The scheduler breaks the contract in 1 case. 2 known differences no longer differ: remove fail-0, fail-2 from the list.',
  ],
  [
    { skip: 1 },
    { untried },
    'incomplete',
    'The run could not try everything, so it does not say that the scheduler conforms: 1 case left out, none kept.',
  ],
  [
    { pass: 1, 'known-difference': 1 },
    { untried: [...untried, { reason: 'it was lost', cases: ['B-001', 'B-002'] }] },
    'incomplete',
    'The run could not try everything, so it does not say that the scheduler conforms: 3 cases left out, 1 kept, 1 known difference.',
  ],
  [
    { pass: 1, 'known-difference': 1 },
    { leftovers: [leftover] },
    'leftovers',
    'The contract holds but for 1 known difference; 1 claim could not be released. Run cycle-scheduler contract cleanup.',
  ],
  [{ pass: 1, error: 1 }, {}, 'suite-error', 'The suite itself failed in 1 case.'],
])('%j with %j is %s', (counts, course, verdict, message) => {
  expect(judge(counts, course)).toEqual({ verdict, message });
});
