import type { Rules, Variables } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

/**
 * The probe's own variables always arrive, so that it still reports: a silent probe looks like one that did not start,
 * and that is another mutant.
 */
const changeGiven = (rules: Rules, change: (given: Variables) => Variables): void => {
  const { environment } = rules;
  rules.environment = (instance, given) => {
    const own = Object.entries(given).filter(([name]) => name.startsWith('PROBE_'));
    return environment(instance, { ...change(given), ...Object.fromEntries(own) });
  };
};

const giving = (name: string, description: string, change: (given: Variables) => Variables): Mutant => ({
  name,
  description,
  expect: 'fail',
  apply: (rules) => changeGiven(rules, change),
});

const keeping = (name: string, description: string, isKept: (name: string, value: string) => boolean): Mutant =>
  giving(name, description, (given) =>
    Object.fromEntries(Object.entries(given).filter(([variable, value]) => isKept(variable, value))),
  );

const changing = (name: string, description: string, change: (value: string) => string): Mutant =>
  giving(name, description, (given) =>
    Object.fromEntries(Object.entries(given).map(([variable, value]) => [variable, change(value)])),
  );

/** What becomes of a spawn's variables on their way into the function. */
export const variableMutants: readonly Mutant[] = [
  giving('variables-dropped', 'None of a spawn’s variables arrives.', () => ({})),
  giving('variables-only-first', 'Only the first of a spawn’s variables arrives.', (given) =>
    Object.fromEntries(
      Object.entries(given)
        .filter(([name]) => !name.startsWith('PROBE_'))
        .slice(0, 1),
    ),
  ),
  keeping('variables-empty-dropped', 'Variables with an empty value do not arrive.', (_name, value) => value !== ''),
  keeping('variables-odd-names-dropped', 'Variables whose name is no identifier do not arrive.', (name) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
  ),
  keeping(
    'variables-lower-case-dropped',
    'Variables with small letters in their name do not arrive.',
    (name) => name === name.toUpperCase(),
  ),
  giving('variables-names-upper-cased', 'Names of variables arrive in capitals.', (given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toUpperCase(), value])),
  ),
  changing('variables-trimmed', 'Blanks around a value are lost.', (value) => value.trim()),
  changing('variables-newlines-flattened', 'Line breaks in values arrive as blanks.', (value) =>
    value.replaceAll('\n', ' '),
  ),
  changing('variables-cut-at-newline', 'Of a value with several lines the first arrives.', (value) =>
    value.replace(/\n.*/s, ''),
  ),
  changing('variables-carriage-returns-lost', 'Carriage returns in values are lost.', (value) =>
    value.replaceAll('\r', ''),
  ),
  changing('variables-unicode-mangled', 'Values arrive read as Latin-1.', (value) =>
    Buffer.from(value, 'utf8').toString('latin1'),
  ),
  changing('variables-quotes-lost', 'Quotes in values are lost.', (value) => value.replaceAll(/["']/g, '')),
  changing('variables-expanded', 'Dollar signs in values are taken for references to variables.', (value) =>
    value.replaceAll(/\$\{?\w+\}?/g, ''),
  ),
  changing('variables-cut-at-equals', 'Of a value with equals signs the part before the first arrives.', (value) =>
    value.replace(/=.*/s, ''),
  ),
  changing('variables-large-cut', 'Of a large value the first 32 KiB arrive.', (value) => value.slice(0, 32 * 1024)),
  {
    name: 'variables-leak-into-the-next-run',
    description: 'A run finds the variables of its instance’s previous run.',
    expect: 'fail',
    apply: (rules) => {
      const { environment } = rules;
      const previous = new Map<string, Variables>();
      rules.environment = (instance, given) => {
        const before = previous.get(instance.id) ?? {};
        const kept = Object.entries(given).filter(([name]) => !name.startsWith('PROBE_'));
        previous.set(instance.id, { ...before, ...Object.fromEntries(kept) });
        return environment(instance, { ...before, ...given });
      };
    },
  },
  {
    name: 'variables-over-cycles-own',
    description: 'A spawn’s variables override those that Cycle sets.',
    expect: 'fail',
    apply: (rules) => {
      const { environment } = rules;
      rules.environment = (instance, given) => ({ ...environment(instance, given), ...given });
    },
  },
  {
    name: 'variables-under-the-stacks',
    description: 'The container’s own variables override a spawn’s.',
    expect: 'fail',
    apply: (rules) => {
      const { environment } = rules;
      rules.environment = (instance, given) => ({ ...environment(instance, given), PROBE_STACK: 'from-the-stack' });
    },
  },
  {
    name: 'variables-of-cycle-missing',
    description: 'A run does not find the variables that Cycle sets.',
    expect: 'fail',
    apply: (rules) => {
      const { environment } = rules;
      rules.environment = (instance, given) =>
        Object.fromEntries(Object.entries(environment(instance, given)).filter(([name]) => !name.startsWith('CYCLE_')));
    },
  },
  {
    name: 'variables-instance-id-wrong',
    description: 'CYCLE_INSTANCE_ID is that of another instance.',
    expect: 'fail',
    apply: (rules) => {
      const { environment } = rules;
      rules.environment = (instance, given) => ({ ...environment(instance, given), CYCLE_INSTANCE_ID: instance.fn.id });
    },
  },
];
