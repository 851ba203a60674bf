import { expect, test } from 'vitest';
import { startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { openContract } from '../suites/index.ts';
import type { ContractCase } from './case.ts';
import { runCase } from './run-case.ts';
import type { RunContext } from './run-context.ts';
import type { Scenario } from './scenario.ts';

/** A case whose attempts find this process late, each by so much. */
const judge = async (perform: ContractCase['run'], lateMs = 0, facts: Pick<ContractCase, 'races'> = {}) => {
  await using target = await startSimulatedTarget();
  const { run } = await openContract(target.options);
  let asked = 0;
  const clock = {
    ...(run as RunContext).clock,
    lateMs: () => {
      asked += 1;
      return asked * lateMs;
    },
  };
  const { outcome, message } = await runCase(
    { ...(run as RunContext), clock },
    {
      ...facts,
      questions: ['order-of-waiting'],
      id: 'TRIAL-001',
      requirement: 'It is tried.',
      evidence: 'documented',
      source: 'claim',
      level: 'probe',
      operations: [],
      run: perform,
    },
  );
  return { outcome, message, answers: Object.fromEntries((run as RunContext).answers) };
};

const statement = { rule: 'A claim is free at once.', expected: 'one', came: 'none' };

test('a case that checks nothing does not pass', async () => {
  const message = 'not judged: nothing came about that could be checked';
  expect(await judge(() => Promise.resolve())).toMatchObject({ outcome: 'skip', message });
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

/** Fails the first times. */
const failingTimes = (count: number) => {
  let attempts = 0;
  return (s: Scenario): Promise<void> => {
    attempts += 1;
    s.observe('order-of-waiting', { behaviour: attempts > count ? 'first-come-first-served' : 'newcomers-first' });
    s.check(attempts > count, { ...statement, came: `none, in attempt ${attempts}` });
    return Promise.resolve();
  };
};

test('what a case that races with time found while this machine was late is found again first', async () => {
  expect((await judge(failingTimes(1), 300, { races: true })).outcome).toBe('pass');
  expect((await judge(failingTimes(1), 300)).outcome).toBe('fail');
});

test('what a case answered while this machine was late is answered again, and not what others answered meanwhile', async () => {
  const perform = failingTimes(1);
  let attempts = 0;
  const answerBeside: ContractCase['run'] = (s) => {
    attempts += 1;
    if (attempts === 1) s.run.answers.set('failed-start', { status: 500 });
    return perform(s);
  };
  const { answers } = await judge(answerBeside, 300, { races: true });
  expect(answers).toEqual({
    'failed-start': { status: 500 },
    'order-of-waiting': { behaviour: 'first-come-first-served' },
  });
});

test('what a case found in time is found once', async () => {
  const { outcome, message } = await judge(failingTimes(1), 100);
  expect(outcome).toBe('fail');
  expect(message).toContain('in attempt 1');
});

test('a case that races with time is tried three times where this machine is late', async () => {
  const { outcome, message } = await judge(failingTimes(9), 300, { races: true });
  expect(outcome).toBe('fail');
  expect(message).toContain('in attempt 3');
});

test('what is something else each time this machine is late says nothing of the target', async () => {
  let attempts = 0;
  const { outcome, message } = await judge(
    (s) => {
      attempts += 1;
      s.check(false, { ...statement, rule: `Rule ${attempts}.` });
      return Promise.resolve();
    },
    300,
    { races: true },
  );
  expect(outcome).toBe('skip');
  expect(message).toMatch(/^not judged: this machine kept the suite waiting for 300 ms, and it found something else/);
});
