import { toBehaviours } from './behaviours.ts';
import { renderAnswer } from './compare-profiles.ts';
import type { Profile, ProfileAnswer } from './profile.ts';
import { isQuestion, questions } from './questions.ts';
import { requestQuestions } from './revise-request-errors.ts';
import { isError, rejectionQuestions } from './to-answer-overrides.ts';

/** What the emulator cannot imitate of a profile, a sentence each. */
export const findUnsupported = ({ answers }: Profile): readonly string[] =>
  Object.entries(answers).flatMap(([question, answer]) => {
    if (!isQuestion(question)) return [`The profile answers "${question}", which the emulator does not know.`];
    const ours: ProfileAnswer = questions[question].ours;
    if (renderAnswer(ours) === renderAnswer(answer) || isImitated(question, answer, answers)) return [];
    return [`The emulator cannot imitate ${question}: it answers ${renderAnswer(ours)}, not ${renderAnswer(answer)}.`];
  });

/** The emulator makes no difference between these: an answer to the second holds for the first. */
const sameAs: Readonly<Record<string, string>> = {
  'empty-key': 'missing-key',
  'other-functions-instance-on-spawn': 'unknown-instance-on-spawn',
  'other-functions-instance-on-release': 'unknown-instance-on-release',
};

const isImitated = (question: string, answer: ProfileAnswer, answers: Profile['answers']): boolean => {
  const leader = Object.hasOwn(sameAs, question) ? answers[sameAs[question] ?? ''] : undefined;
  if (leader !== undefined) return renderAnswer(leader) === renderAnswer(answer);
  const { takesSecondRelease, grantsLatestFirst, refusesAtOnce } = toBehaviours(answers);
  if (question === 'second-release' && takesSecondRelease) return true;
  if (question === 'order-of-instances') return grantsLatestFirst;
  if (question === 'exhausted-pool' && answer.behaviour === 'at-once') return refusesAtOnce && isError(answer);
  return isError(answer) && (rejectionQuestions.has(question) || requestQuestions.has(question));
};
