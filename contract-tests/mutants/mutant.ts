import type { GatewayChange } from '../reference/gateway-rules.ts';
import {
  type Accepted,
  type Answer,
  type Call,
  type Change,
  type Data,
  isData,
  type Operation,
  type Outcome,
  type Reference,
  type Refusal,
  type Rejection,
  type Rules,
} from '../reference/rules.ts';

/**
 * How strongly the suite must object at least. `fail`: the documented contract is broken. `warn`: what is inferred does
 * not hold. `info`: the public texts leave the choice open, but the report must show it.
 */
export type Expectation = 'fail' | 'warn' | 'info';

/** A scheduler that is wrong in one way: the reference scheduler with some of its rules replaced. */
export type Mutant = {
  readonly name: string;
  readonly description: string;
  readonly expect: Expectation;
  readonly change: Change;
  /** What is wrong with the gateway before it. */
  readonly gateway?: GatewayChange;
};

const expecting =
  (expect: Expectation) =>
  (name: string, description: string, change: Change): Mutant => ({ name, description, expect, change });

/** A mutant that breaks the documented contract. */
export const fails = expecting('fail');

/** A mutant against something inferred. */
export const warns = expecting('warn');

/** A mutant that chooses otherwise than the emulator. */
export const notes = expecting('info');

/** A gateway that is wrong in one way, before a scheduler that is right. */
export const gatewayMutant = (
  expect: Expectation,
  name: string,
  description: string,
  gateway: GatewayChange,
): Mutant => ({ name, description, expect, change: {}, gateway });

/** Longer than it takes requests sent at once to come in, shorter than anything that follows an answer. */
export const raceMs = 40;

type Action = 'claim' | 'spawn' | 'release';

/** Puts an operation around the usual one. */
const wrapAction =
  (operation: Action, wrap: (usual: Rules[Action], rules: Rules, reference: Reference) => Rules[Action]): Change =>
  (rules, reference) => {
    rules[operation] = wrap(rules[operation], rules, reference);
    return {};
  };

/** Does something more once an operation has succeeded. */
export const afterSuccess = (
  operation: Action,
  more: (call: Accepted, rules: Rules, reference: Reference) => unknown,
): Change =>
  wrapAction(operation, (usual, rules, reference) => async (call) => {
    const outcome = await usual(call);
    if (isGood(outcome)) await more(call, rules, reference);
    return outcome;
  });

/** Answers a call whose body has succeeded before from memory. */
export const remembering = (operation: Action): Change =>
  wrapAction(operation, (usual) => {
    const known = new Map<string, Outcome>();
    return async (call) => {
      const outcome = known.get(call.text) ?? (await usual(call));
      if (isGood(outcome)) known.set(call.text, outcome);
      return outcome;
    };
  });

/** Changes the data of good answers; an object has the fields that change. */
export const changeData =
  (operations: Operation | readonly Operation[], change: Data | ((data: Data) => unknown)): Change =>
  ({ answer }) => ({
    answer: (outcome, call) => {
      const isMeant = call.operation !== null && [operations].flat().includes(call.operation);
      if (!isMeant || !('data' in outcome) || !isData(outcome.data)) return answer(outcome, call);
      const changed = typeof change === 'function' ? change(outcome.data) : { ...outcome.data, ...change };
      return answer({ data: changed }, call);
    },
  });

export const without = (data: Data, ...names: readonly string[]): Data =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));

type Meant = (outcome: Outcome, call: Call, rules: Rules) => boolean;

/** Changes answers as they go out: what the change does not name stays. */
export const changeAnswers =
  (isMeant: Meant, change: Partial<Answer> | ((usual: Answer) => Partial<Answer>)): Change =>
  (rules) => {
    const { answer } = rules;
    return {
      answer: (outcome, call) => {
        const usual = answer(outcome, call);
        if (!isMeant(outcome, call, rules)) return usual;
        return { ...usual, ...(typeof change === 'function' ? change(usual) : change) };
      },
    };
  };

export const isRefused = (outcome: Outcome): boolean => 'rejection' in outcome;

export const isGood = (outcome: Outcome): boolean => 'data' in outcome;

export const isRefusedAs =
  (refusal: Refusal): Meant =>
  (outcome, _call, { refuse }) =>
    'rejection' in outcome && outcome.rejection.code === refuse[refusal].code;

export const withCode = (rejection: Rejection, code: string): Rejection => ({
  ...rejection,
  status: Number(code.slice(0, 3)),
  code,
});

/** Another status and code for a refusal. */
export const refuseAs =
  (refusal: Refusal, code: string): Change =>
  ({ refuse }) => ({ refuse: { [refusal]: withCode(refuse[refusal], code) } });
