import { expect, test } from 'vitest';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { openContract } from '../suites/index.ts';
import type { ContractCase } from './case.ts';
import { runCase } from './run-case.ts';
import type { RunContext } from './run-context.ts';

const judge = async (perform: ContractCase['run']) => {
  await using target = await startSimulatedTarget();
  const { run } = await openContract(target.options);
  const { outcome, message } = await runCase(run as RunContext, {
    id: 'TRIAL-001',
    requirement: 'It is tried.',
    evidence: 'documented',
    source: 'claim',
    level: 'probe',
    operations: [],
    run: perform,
  });
  return { outcome, message };
};

const statement = { rule: 'A claim is free at once.', expected: 'one', came: 'none' };

test('a case that checks nothing does not pass', async () => {
  const message = 'not judged: nothing came about that could be checked';
  expect(await judge(() => Promise.resolve())).toEqual({ outcome: 'skip', message });
});

test('a case that rests on an assumption which does not hold is not judged, and names the rule', async () => {
  const { outcome, message } = await judge((s) => Promise.resolve(s.presume(false, statement)));
  expect(outcome).toBe('skip');
  expect(message).toBe('not judged, since it rests on this: A claim is free at once. Expected one; came none');
});

test('a case keeps what it found before its assumption turned out not to hold', async () => {
  const { outcome } = await judge((s) => {
    s.check(false, { ...statement, rule: 'Claim answers an instance.' });
    return Promise.resolve(s.presume(false, statement));
  });
  expect(outcome).toBe('fail');
});
