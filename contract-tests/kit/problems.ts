import { EmulatorError, errorCodes } from '../../src/shared/errors.ts';
import { didYouMean } from '../../src/shared/suggest.ts';

/** What is wrong with what a run was given, and what to do; each without a full stop. */
export type Problem = { readonly reason: string; readonly advice: string };

/** One error for all of them: a line for one, a line for each where there are several. */
export const toProblemError = (attempt: string, problems: readonly Problem[]): EmulatorError => {
  const lines = problems.map(({ reason, advice }) => `${reason}. ${advice}.`);
  const text = lines.length === 1 ? lines.join('') : [`${lines.length} settings are wrong.`, ...lines].join('\n  ');
  return new EmulatorError(errorCodes.badOption, `Failed to ${attempt}: ${text}`);
};

/** Throws where there are any. */
export const refuse = (attempt: string, problems: readonly Problem[]): void => {
  if (problems.length > 0) throw toProblemError(attempt, problems);
};

/** The nearest of the known names, to stand behind one that is none; empty where none is near. */
export const hintAt = (name: string, known: readonly string[]): string => didYouMean(name, known).replace(/\?$/, '');
