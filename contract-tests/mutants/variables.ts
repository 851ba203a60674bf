import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type Change, isData, type Variables } from '../reference/rules.ts';
import { fails, type Mutant, notes } from './mutant.ts';

/** The probe's own variables, without which it is silent; all that it takes to be one of a spawn's is not among them. */
const isOwn = (name: string): boolean => name.startsWith('PROBE_') && name !== 'PROBE_STACK';

const filtered = (given: Variables, isKept: (name: string, value: string) => boolean): Variables =>
  Object.fromEntries(Object.entries(given).filter(([name, value]) => isKept(name, value)));

/**
 * Changes a spawn's variables on their way. The probe's own always arrive, so that it still reports: a silent probe looks
 * like one that did not start, and that is another mutant.
 */
const changing = (name: string, description: string, change: (given: Variables) => Variables): Mutant =>
  fails(name, description, ({ environment }) => ({
    environment: (instance, given) => environment(instance, { ...change(given), ...filtered(given, isOwn) }),
  }));

const keeping = (name: string, description: string, isKept: (name: string, value: string) => boolean): Mutant =>
  changing(name, description, (given) => filtered(given, isKept));

const changingValues = (name: string, description: string, change: (value: string) => string): Mutant =>
  changing(name, description, (given) =>
    Object.fromEntries(Object.entries(given).map(([variable, value]) => [variable, change(value)])),
  );

/** What becomes of a spawn's variables on their way into the function. */
export const variableMutants: readonly Mutant[] = [
  keeping('variables-dropped', 'None of a spawn’s variables arrives.', () => false),
  changing('variables-only-first', 'Only the first of a spawn’s variables arrives.', (given) =>
    Object.fromEntries(Object.entries(filtered(given, (name) => !isOwn(name))).slice(0, 1)),
  ),
  keeping('variables-empty-dropped', 'Variables with an empty value do not arrive.', (_name, value) => value !== ''),
  keeping('variables-odd-names-dropped', 'Variables whose name is no identifier do not arrive.', (name) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
  ),
  keeping('variables-lower-case-dropped', 'Names in small letters are lost.', (name) => name === name.toUpperCase()),
  keeping('variables-of-objects-lost', 'The variables __proto__ and toString do not arrive.', (name) => !(name in {})),
  changing('variables-names-upper-cased', 'Names of variables arrive in capitals.', (given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toUpperCase(), value])),
  ),
  changing('variables-of-one-name-in-any-case', 'Of names that differ by case the last arrives.', (given) => {
    const last = new Map(Object.keys(given).map((name) => [name.toLowerCase(), name]));
    return filtered(given, (name) => last.get(name.toLowerCase()) === name);
  }),
  changing('variables-hundred-at-most', 'Of more than a hundred variables a hundred arrive.', (given) =>
    Object.fromEntries(Object.entries(given).slice(0, 100)),
  ),
  changingValues('variables-trimmed', 'Blanks around a value are lost.', (value) => value.trim()),
  changingValues('variables-newlines-flattened', 'Line breaks in values arrive as blanks.', (value) =>
    value.replaceAll('\n', ' '),
  ),
  changingValues('variables-cut-at-newline', 'Of a value with several lines the first arrives.', (value) =>
    value.replace(/\n.*/s, ''),
  ),
  changingValues('variables-last-line-break-lost', 'A line break at the end of a value is lost.', (value) =>
    value.replace(/\n$/, ''),
  ),
  changingValues('variables-carriage-returns-lost', 'Carriage returns in values are lost.', (value) =>
    value.replaceAll('\r', ''),
  ),
  changingValues('variables-control-characters-lost', 'Control characters in values are lost.', (value) =>
    value.replace(/\p{Cc}/gu, (character) => ('\n\r\t'.includes(character) ? character : '')),
  ),
  changingValues('variables-unicode-mangled', 'Values arrive read as Latin-1.', (value) =>
    Buffer.from(value, 'utf8').toString('latin1'),
  ),
  changingValues('variables-composed', 'Values arrive in Unicode’s composed form.', (value) => value.normalize('NFC')),
  changingValues('variables-byte-order-mark-lost', 'A byte order mark at the start of a value is lost.', (value) =>
    value.replace(/^\ufeff/, ''),
  ),
  changingValues('variables-quotes-lost', 'Quotes in values are lost.', (value) => value.replaceAll(/["']/g, '')),
  changingValues('variables-expanded', 'Dollar signs in values are taken for references to variables.', (value) =>
    value.replaceAll(/\$\{?\w+\}?/g, ''),
  ),
  changingValues('variables-backslashes-resolved', 'A backslash and an n in a value arrive as a line break.', (value) =>
    value.replaceAll('\\n', '\n'),
  ),
  changingValues('variables-percent-decoded', 'Values are decoded as parts of URLs.', (value) =>
    value.replace(/%([2-7][\da-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  ),
  changingValues('variables-comments-cut', 'Values end before a blank and a number sign.', (value) =>
    value.replace(/ #.*/s, ''),
  ),
  changingValues('variables-cut-at-equals', 'Values end before their first equals sign.', (value) =>
    value.replace(/=.*/s, ''),
  ),
  changingValues('variables-large-cut', 'Of a large value the first 32 KiB arrive.', (value) =>
    value.slice(0, 32 * 1024),
  ),
  changingValues('variables-numbers-normalised', 'Values that read as numbers lose their zeros.', (value) =>
    /^[\d.]+$/.test(value) ? String(Number(value)) : value,
  ),
  changingValues('variables-words-normalised', 'The values yes, no, on and off arrive as true and false.', (value) =>
    value.replace(/^(yes|on)$/i, 'true').replace(/^(no|off)$/i, 'false'),
  ),
  changingValues('variables-null-dropped', 'A value null arrives as an empty one.', (value) =>
    ['null', '~'].includes(value) ? '' : value,
  ),
  keeping(
    'variables-empty-not-over-the-stacks',
    'An empty value does not override the container’s own.',
    (name, value) => name !== 'PROBE_STACK' || value !== '',
  ),
  fails('variables-hide-the-stacks', 'A spawn’s variables hide those of the configuration.', ({ environment }) => ({
    environment: (instance, given) => {
      const all = environment(instance, given);
      const isPlain = Object.keys(given).every((name) => name.startsWith('PROBE_'));
      return isPlain ? all : filtered(all, (name) => Object.hasOwn(given, name) || name.startsWith('CYCLE_'));
    },
  })),
  fails('variables-leak-into-the-next-run', 'A run finds its instance’s previous variables.', ({ environment }) => {
    const previous = new Map<string, Variables>();
    return {
      environment: (instance, given) => {
        const before = previous.get(instance.id);
        previous.set(instance.id, { ...before, ...filtered(given, (name) => !name.startsWith('PROBE_')) });
        return environment(instance, { ...before, ...given });
      },
    };
  }),
  fails('starts-at-once-share-variables', 'Three starts at once share the last one’s variables.', ({ start }) => {
    const starting: Variables[] = [];
    return {
      start: async (instance, environment) => {
        starting.push(environment);
        await sleep(15);
        const last = starting.length > 2 ? starting.at(-1) : environment;
        await sleep(5);
        starting.length = 0;
        await start(instance, { ...last, ...filtered(environment, (name) => /^(PROBE|CYCLE)_/.test(name)) });
      },
    };
  }),
  fails('variables-over-cycles-own', 'A spawn’s variables override those that Cycle sets.', ({ environment }) => ({
    environment: (instance, given) => ({ ...environment(instance, given), ...given }),
  })),
  fails('variables-under-the-stacks', 'The container’s own variables override a spawn’s.', ({ environment }) => ({
    environment: (instance, given) => ({ ...environment(instance, given), PROBE_STACK: 'from-the-stack' }),
  })),
  fails('variables-of-cycle-missing', 'A run does not find the variables that Cycle sets.', ({ environment }) => ({
    environment: (instance, given) => filtered(environment(instance, given), (name) => !name.startsWith('CYCLE_')),
  })),
  fails('variables-instance-id-wrong', 'CYCLE_INSTANCE_ID is that of another instance.', ({ environment }) => ({
    environment: (instance, given) => ({ ...environment(instance, given), CYCLE_INSTANCE_ID: instance.fn.id }),
  })),
];

/** What a spawn's body has for its variables, of any form. */
const givenIn = ({ fields }: Call) => {
  const runtime = fields?.['runtime_variables'];
  return { runtime, environment: isData(runtime) ? runtime['environment_variables'] : undefined };
};

/** Spawns whose variables have this form are refused. */
const refusing = (
  name: string,
  description: string,
  isRefused: (given: ReturnType<typeof givenIn>, call: Call) => boolean,
): Mutant =>
  fails(name, description, ({ checkFields, refuse }) => ({
    checkFields: (call) => {
      const rejection = checkFields(call);
      if (rejection || call.operation !== 'spawn' || !isRefused(givenIn(call), call)) return rejection;
      return { ...refuse.invalid, source: '/runtime_variables' };
    },
  }));

/** Spawns with bad variables pass, as far as these are readable. */
const repairing =
  (repair: (name: string, value: unknown) => readonly (readonly [string, unknown])[]): Change =>
  ({ checkFields }) => ({
    checkFields: (call) => {
      const { environment } = givenIn(call);
      if (call.operation === 'spawn' && isData(environment)) {
        const repaired = Object.entries(environment).flatMap(([name, value]) => repair(name, value));
        const variables = Object.fromEntries(repaired);
        call.fields = { ...call.fields, runtime_variables: { environment_variables: variables } };
      }
      return checkFields(call);
    },
  });

/** Which forms of variables a spawn takes. */
export const variableTypeMutants: readonly Mutant[] = [
  refusing('null-runtime-variables-refused', 'Null runtime variables are refused.', ({ runtime }) => runtime === null),
  refusing('null-environment-refused', 'A null environment is refused.', ({ environment }) => environment === null),
  refusing(
    'missing-runtime-variables-refused',
    'Spawn requires runtime variables.',
    ({ runtime }) => runtime === undefined,
  ),
  refusing(
    'empty-environment-refused',
    'Spawn refuses an empty map of variables.',
    ({ environment }) => isData(environment) && Object.keys(environment).length === 0,
  ),
  refusing('large-variables-refused', 'More than 32 KiB is refused.', (_given, call) => call.text.length > 32 * 1024),
  refusing('multi-line-variables-refused', 'Spawn refuses values with line breaks.', ({ environment }) =>
    /\\n/.test(JSON.stringify(environment) ?? ''),
  ),
  refusing('unicode-variables-refused', 'Spawn refuses values beyond ASCII.', ({ environment }) =>
    /[^ -~]/.test(JSON.stringify(environment) ?? ''),
  ),
  fails(
    'non-string-variables-taken',
    'Spawn takes numbers, lists and the like for values of variables.',
    repairing((name, value) => [[name, String(value)]]),
  ),
  notes(
    'impossible-variables-taken',
    'Spawn takes variables that no process can have, and leaves them out.',
    repairing((name, value) => (/^$|[=\0]/.test(name) || String(value).includes('\0') ? [] : [[name, value]])),
  ),
];
