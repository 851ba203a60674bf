import type { Call, Rules } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

type Given = { readonly environment_variables?: Readonly<Record<string, unknown>> | null } | null | undefined;

const givenIn = (call: Call): Given => call.fields['runtime_variables'] as Given;

/** Refuses spawns whose runtime variables are so. */
const refuseGiven = (rules: Rules, isRefused: (given: Given, call: Call) => boolean): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const rejection = fields(call);
    if (rejection || call.operation !== 'spawn' || !isRefused(givenIn(call), call)) return rejection;
    return { ...rules.refuse.invalid, source: '/runtime_variables' };
  };
};

/** Lets spawns with bad variables pass, as far as they are readable. */
const tolerate = (rules: Rules, repair: (variables: Readonly<Record<string, unknown>>) => object): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const variables = call.operation === 'spawn' ? givenIn(call)?.environment_variables : null;
    if (variables) {
      call.fields = { ...call.fields, runtime_variables: { environment_variables: repair(variables) } };
    }
    return fields(call);
  };
};

/** Which forms of variables a spawn takes. */
export const variableTypeMutants: readonly Mutant[] = [
  {
    name: 'null-runtime-variables-refused',
    description: 'Spawn refuses null for the runtime variables.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (given) => given === null),
  },
  {
    name: 'null-environment-refused',
    description: 'Spawn refuses null for the environment variables.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (given) => given?.environment_variables === null),
  },
  {
    name: 'missing-runtime-variables-refused',
    description: 'Spawn refuses to go without runtime variables.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (given) => given === undefined),
  },
  {
    name: 'empty-environment-refused',
    description: 'Spawn refuses an empty map of variables.',
    expect: 'fail',
    apply: (rules) =>
      refuseGiven(
        rules,
        (given) => given?.environment_variables != null && Object.keys(given.environment_variables).length === 0,
      ),
  },
  {
    name: 'large-variables-refused',
    description: 'Spawn refuses variables of more than 32 KiB.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (_given, call) => call.text.length > 32 * 1024),
  },
  {
    name: 'multi-line-variables-refused',
    description: 'Spawn refuses values with line breaks.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (given) => /\\n/.test(JSON.stringify(given?.environment_variables) ?? '')),
  },
  {
    name: 'unicode-variables-refused',
    description: 'Spawn refuses values beyond ASCII.',
    expect: 'fail',
    apply: (rules) => refuseGiven(rules, (given) => /[^ -~]/.test(JSON.stringify(given?.environment_variables) ?? '')),
  },
  {
    name: 'non-string-variables-taken',
    description: 'Spawn takes numbers, lists and the like for values of variables.',
    expect: 'fail',
    apply: (rules) =>
      tolerate(rules, (variables) =>
        Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
      ),
  },
  {
    name: 'impossible-variables-taken',
    description: 'Spawn takes variables that no process can have, and leaves them out.',
    expect: 'info',
    apply: (rules) =>
      tolerate(rules, (variables) =>
        Object.fromEntries(
          Object.entries(variables).filter(([name, value]) => !/^$|[=\0]/.test(name) && !String(value).includes('\0')),
        ),
      ),
  },
];
