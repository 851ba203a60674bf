import { EmulatorError, errorCodes } from '../errors.ts';
import { deepFreeze } from './freeze.ts';
import type { Stack } from './model.ts';
import type { Places } from './places.ts';
import { readStack } from './read-stack.ts';
import { parseText } from './reading/parse-text.ts';
import { Report } from './reading/report.ts';

export type ParseOptions = Places & {
  /** What messages call the stack: the path of its file, or a word where it was built in code. */
  readonly source: string;
};

/**
 * Reads a stack from the text of a file, YAML or JSON, or from the object such a text would give. Looks at nothing but its
 * arguments. Throws an EmulatorError `stackInvalid` that lists all problems at once.
 */
export const parseStack = (input: unknown, options: ParseOptions): Stack => {
  const report = new Report();
  const { value, locate } = typeof input === 'string' ? parseText(input, report) : { value: input, locate: () => null };
  const stack = report.failed ? null : readStack({ value, path: [], report, hidden: false }, options.source, options);
  const problems = report.problemLines(options.source, locate);
  if (stack === null || problems.length > 0) throw toInvalid(options.source, problems);
  return deepFreeze({ ...stack, warnings: report.warnings });
};

const toInvalid = (source: string, problems: readonly string[]): EmulatorError => {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new EmulatorError(
    errorCodes.stackInvalid,
    [`Failed to read the stack ${source}: it has ${count}. Correct the file where it says:`, ...problems].join('\n'),
  );
};
