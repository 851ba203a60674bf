import type { QuestionName } from '../../src/profile/questions.ts';
import { leaseMs } from './claim-tracker.ts';
import { type Answer, type CaseRequest, describe } from './requests.ts';
import type { Scenario, Statement } from './scenario.ts';

// What cases say about answers that refuse something, or must not.

/** Writes down an answer as the target's to a question. What a proxy says in front of it is none. */
export const observeAnswer = (s: Scenario, question: QuestionName, answer: Answer): void => {
  if (answer.isProxys) return;
  s.observe(question, { status: answer.status, ...(answer.code === null ? {} : { code: answer.code }) }, answer);
};

/** What the caller has got wrong is refused as the caller's mistake; with which code is the question's. */
export const checkRefused = (s: Scenario, answer: Answer, rule: string, question?: QuestionName): boolean => {
  const isRefused = answer.isProxys || (answer.status >= 400 && answer.status < 500);
  s.check(isRefused, { rule, expected: 'a refusal with status 4xx', came: describe(answer), about: answer });
  if (question !== undefined && isRefused) observeAnswer(s, question, answer);
  return isRefused;
};

/** For requests nothing public forbids: the answer is only observed, unless the target fails over it. */
export const checkSurvived = (
  s: Scenario,
  answer: Answer,
  question: QuestionName,
  strength: Pick<Statement, 'evidence' | 'source'> = {},
): void => {
  // 501 and 505 say of a request that it is not supported; that is no failure.
  const isFailure = answer.status >= 500 && answer.status !== 501 && answer.status !== 505 && !answer.isProxys;
  s.check(!isFailure, {
    rule: 'No request makes a scheduler fail.',
    expected: 'no failure (5xx)',
    came: describe(answer),
    ...strength,
    about: answer,
  });
  observeAnswer(s, question, answer);
};

/** Sends what must be refused. */
export const refuse = async (
  s: Scenario,
  request: CaseRequest,
  rule: string,
  question?: QuestionName,
): Promise<Answer> => {
  const answer = await s.send(request);
  checkRefused(s, answer, rule, question);
  return answer;
};

/**
 * The answer to what a claim must still open, whose ten seconds began at `since` (on the suite's clock). Skips where the
 * suite itself was so slow that they may be over: what came says nothing of the target then.
 */
export const checkInTime = (
  s: Scenario,
  since: number,
  answer: Answer,
  rule: string,
  expected = '200 within the ten seconds',
): void => {
  const isOpen = answer.status === 200;
  if (!isOpen && s.run.clock.now() - since >= leaseMs)
    s.skip('this machine was too slow to ask within the ten seconds');
  s.check(isOpen, { rule, expected, came: describe(answer), about: answer });
};
