import type { RecordedAnswer } from './result.ts';
import type { Evidence } from './vocabulary.ts';

/** Something nothing public settles, and how the emulator answers it unless a profile says otherwise. */
export type Question = {
  readonly asks: string;
  readonly evidence: Exclude<Evidence, 'documented'>;
  readonly ours: RecordedAnswer;
};

const error = (code: string): RecordedAnswer => ({ status: Number.parseInt(code, 10), code });
const choice = (asks: string, ours: RecordedAnswer): Question => ({ asks, evidence: 'our-choice', ours });

/** The questions of a behaviour profile. Their names are part of its format and never change their meaning. */
export const questions = {
  'missing-key': choice('What answers a request without an access key?', error('401.auth-invalid')),
  'wrong-key': choice('What answers a request with an unknown access key?', error('401.auth-invalid')),
} as const satisfies { readonly [name: string]: Question };

export type QuestionName = keyof typeof questions;
