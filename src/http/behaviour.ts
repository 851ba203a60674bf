import type { Rejection } from '../scheduler/rejections.ts';
import type { ErrorAnswer } from './error-answer.ts';
import type { Operation } from './wire-format.ts';

/** A rejection that a caller is there to read. */
export type AnsweredRejection = Exclude<Rejection, { readonly name: 'caller-gone' }>;

/** What nothing public settles about errors: which status and code a scheduler answers when … */
export type Question =
  | `${Operation}/${AnsweredRejection['name']}`
  | 'access/missing-key'
  | 'access/wrong-key'
  | 'access/wrong-address';

/** Status and code in place of ours, by question; everything not named stays as it is. */
export type AnswerOverrides = { readonly [Name in Question]?: Pick<ErrorAnswer, 'status' | 'code'> };

/** The answer as the overrides have it. */
export const withOverride = (overrides: AnswerOverrides, question: Question, answer: ErrorAnswer): ErrorAnswer => ({
  ...answer,
  ...overrides[question],
});
