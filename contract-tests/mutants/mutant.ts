import type { Answer, Call, Operation, Outcome, Reference, Refusal, Rules } from '../reference/rules.ts';

/**
 * How strongly the suite must object at least. `fail`: the documented contract is broken. `warn`: what is inferred does
 * not hold. `info`: the public texts leave the choice open, but the report must show it.
 */
export type Expectation = 'fail' | 'warn' | 'info';

/** One wrong thing. */
export type Mutant = {
  readonly name: string;
  readonly description: string;
  readonly expect: Expectation;
  readonly apply: (rules: Rules, reference: Reference) => void;
};

type Apply = Mutant['apply'];

/** A mutant that breaks the documented contract. */
export const fails = (name: string, description: string, apply: Apply): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply,
});

/** A mutant against something inferred. */
export const warns = (name: string, description: string, apply: Apply): Mutant => ({
  name,
  description,
  expect: 'warn',
  apply,
});

/** Changes the data of an operation's good answers. */
export const changeData = (rules: Rules, operations: readonly Operation[], change: (data: never) => unknown): void => {
  const { answer } = rules;
  rules.answer = (outcome, call) => {
    const isMeant = 'data' in outcome && call.operation !== null && operations.includes(call.operation);
    return answer(isMeant ? { data: change(outcome.data as never) } : outcome, call);
  };
};

/** Changes answers as they go out. */
export const changeAnswers = (
  rules: Rules,
  isMeant: (outcome: Outcome, call: Call) => boolean,
  change: (answer: Answer, call: Call) => Answer,
): void => {
  const { answer } = rules;
  rules.answer = (outcome, call) => {
    const original = answer(outcome, call);
    return isMeant(outcome, call) ? change(original, call) : original;
  };
};

export const isRefused = (outcome: Outcome): boolean => 'rejection' in outcome;

export const isRefusedAs =
  (rules: Rules, refusal: Refusal) =>
  (outcome: Outcome): boolean =>
    'rejection' in outcome && outcome.rejection.code === rules.refuse[refusal].code;

/** Another status and code for a refusal. */
export const refuseAs = (rules: Rules, refusal: Refusal, code: string): void => {
  rules.refuse[refusal] = { ...rules.refuse[refusal], status: Number(code.slice(0, 3)), code };
};
