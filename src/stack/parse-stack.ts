import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { didYouMean } from '../shared/suggest.ts';
import { deepFreeze } from '../shared/values.ts';
import type { FileContext } from './file-context.ts';
import type { Stack } from './model.ts';
import { explainOtherFile } from './other-files.ts';
import { readStack } from './read-stack.ts';
import { parseText } from './reading/parse-text.ts';
import { Report } from './reading/report.ts';
import { noVariables, type StackVariables } from './variables/stack-variables.ts';
import { substituteInObject } from './variables/substitute-in-object.ts';
import { Substitution } from './variables/substitution.ts';

export type ParseOptions = FileContext & {
  /** What messages call the stack: the path of its file, or a word where it was built in code. */
  readonly source: string;
  /** None without it. */
  readonly variables?: StackVariables;
};

/**
 * Reads a stack from the text of a file, YAML or JSON, or from the object such a text would give. Looks at nothing but its
 * arguments. Throws an EmulatorError `stackInvalid` that lists all problems at once, and then all warnings.
 */
export const parseStack = (input: unknown, options: ParseOptions): Stack => {
  const report = new Report();
  const substitution = new Substitution(options.variables ?? noVariables);
  const parsed =
    typeof input === 'string'
      ? parseText(input, report, { substitution })
      : { value: substituteInObject(input, report, substitution) };
  const stack = parsed === null ? null : read(parsed.value, report, substitution, options);
  const problems = report.problemLines(options.source);
  if (stack === null || problems.length > 0)
    throw toInvalid(options.source, problems, report.warningLines(options.source));
  return deepFreeze({ ...stack, warnings: report.warningLines(options.source) });
};

const read = (value: unknown, report: Report, substitution: Substitution, options: ParseOptions) => {
  const other = explainOtherFile(value);
  if (other !== null) {
    report.problem([], other);
    return null;
  }
  for (const name of substitution.unused) {
    const hint = didYouMean(name, substitution.names);
    report.problem([], `the variable ${name} is given, and nothing in the stack uses it${hint}`, null);
  }
  return readStack({ value, path: [], report, hidden: false }, options.source, options);
};

const toInvalid = (source: string, problems: readonly string[], warnings: readonly string[]): EmulatorError => {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new EmulatorError(
    errorCodes.stackInvalid,
    [
      `Failed to read the stack ${source}: it has ${count}. Correct the file where it says:`,
      ...problems,
      ...(warnings.length === 0 ? [] : ['Warnings:', ...warnings]),
    ].join('\n'),
  );
};
