import {
  type Claim,
  excerpt,
  fieldOf,
  group,
  oddVariables,
  rules,
  type Scenario,
  type Variables,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'variables',
  level: 'lifecycle',
  operations: ['spawnInstance'],
  needs: ['callback'],
});

/** More than a list of fixed length would have room for. */
const many = Object.fromEntries(Array.from({ length: 150 }, (_none, index) => [`MANY_${index}`, String(index)]));

const controlCharacters = String.fromCharCode(...Array.from({ length: 31 }, (_none, index) => index + 1), 127);

/** Of names that differ by case or by Unicode's forms each is a variable of its own; so are those that objects have. */
const variables: Variables = {
  PLAIN: 'value',
  LINES: 'one\ntwo\r\n\n\tthree\n',
  UNICODE: 'Grüße 世界 🚲 ﬁ',
  QUOTES: `"double" 'single' \\back\\ \`id\``,
  DOLLARS: `$HOME \${PLAIN} $$ %PLAIN%`,
  EQUALS: '=a=b=',
  JSON_TEXT: '{"a":[1,null]}',
  LARGE: `<${'x'.repeat(64 * 1024 - 2)}>`,
  'dotted.name-x': 'no identifier',
  ...oddVariables,
  ...many,
  ...Object.fromEntries(
    ['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => [name, `called ${name}`]),
  ),
  Case: 'one capital',
  CASE: 'capitals',
  case: 'none',
  'caf\u00e9': 'composed',
  'cafe\u0301': 'decomposed',
  [`LONG_${'N'.repeat(1_000)}`]: 'a long name',
  DECOMPOSED: 'cafe\u0301 \u212b',
  COMPOSED: 'caf\u00e9',
  CONTROL: controlCharacters,
  BYTE_ORDER_MARK: '\ufefftext',
  SEPARATORS: 'one\u2028two\u2029three\u0085four',
  LINES_BEHIND: 'text\n\n',
  PERCENT: 'one%20two%41%zz',
  ESCAPES: 'one\\ntwo\\x41\\u0041\\',
  COMMENT: 'one # two',
  DECIMAL: '1.50',
  ZEROS: '007',
  YES: 'yes',
  OFF: 'off',
  NULL: 'null',
  TILDE: '~',
};

/** The run's own, and those in which instances differ. */
const isOfTheRun = (name: string): boolean => /^(CYCLE_|PROBE_(CALLBACK|ID|RUN|EXIT|IGNORE|TELL)|HOSTNAME$)/.test(name);

const findIn = (found: Variables, name: string): string | undefined =>
  Object.hasOwn(found, name) ? found[name] : undefined;

const checkVariable = (s: Scenario, found: Variables, name: string, expected: string, rule: string): void => {
  const came = findIn(found, name);
  s.check(came === expected, {
    rule,
    expected: `${name}=${excerpt(expected)}`,
    came: came === undefined ? 'no such variable' : excerpt(came),
  });
};

/** A function that runs and is released at once. */
const look = async (s: Scenario, given: Variables): Promise<Variables> => {
  const claimed = await s.claim();
  const { started } = await s.spawnProbe(claimed, given);
  await s.release(claimed);
  return started.variables;
};

/** The variables that a function finds; it has to be fixtures/probe, or speak like it. */
export const insideVariables = [
  define('INSIDE-002', 'The function finds the spawn’s variables unchanged: any text, any name, 64 KiB.', async (s) => {
    const found = await look(s, variables);
    for (const [name, value] of Object.entries(variables)) checkVariable(s, found, name, value, rules.variables.rule);
  }),
  define(
    'INSIDE-003',
    'The spawn’s variables come beside those of image and configuration, and over them where they share a name.',
    {
      source: 'environmentVariables',
      run: async (s) => {
        const one = await look(s, {});
        const other = await look(s, {});
        // What is the same in both does not come from the run.
        const own = Object.entries(one).filter(([name, value]) => !isOfTheRun(name) && findIn(other, name) === value);
        const [overridden] = own.find(([name, value]) => name.startsWith('PROBE_') && value !== '') ?? [];
        const given = { BESIDE: 'from-the-spawn', ...(overridden === undefined ? {} : { [overridden]: '' }) };
        const found = await look(s, given);
        for (const [name, value] of Object.entries(given)) {
          checkVariable(s, found, name, value, 'Runtime variables are stronger than the container’s configuration.');
        }
        for (const [name, value] of own.filter(([each]) => !Object.hasOwn(given, each))) {
          checkVariable(s, found, name, value, 'A function has the variables of its image and its configuration.');
        }
      },
    },
  ),
  define('INSIDE-004', 'Cycle’s own variables are there, tell the truth, and cannot be overridden.', {
    source: 'environmentVariables',
    run: async (s) => {
      const claimed = await s.claim();
      const { started } = await s.spawnProbe(claimed, {
        CYCLE_INSTANCE_ID: 'overridden',
        CYCLE_CONTAINER_ID: 'overridden',
        CYCLE_ENVIRONMENT_ID: 'overridden',
      });
      const environment = fieldOf(claimed.answer.data, 'environment');
      const expected: Readonly<Record<string, unknown>> = {
        CYCLE_INSTANCE_ID: claimed.instance,
        CYCLE_CONTAINER_ID: claimed.container,
        CYCLE_ENVIRONMENT_ID: fieldOf(environment, 'id'),
        CYCLE_INSTANCE_IPV6_IP: fieldOf(environment, 'ipv6', 'ip'),
      };
      for (const [name, value] of Object.entries(expected)) {
        if (typeof value !== 'string') continue;
        const found = started.variables[name];
        // The address may be written in other ways, and where the engine has no IPv6 there is none.
        const isFree = name.endsWith('_IP');
        s.check(found === value || (isFree && found === undefined), {
          rule: 'Cycle sets its own variables, over all others.',
          expected: `${name}=${value}`,
          came: found === undefined ? 'no such variable' : excerpt(found),
          evidence: isFree ? 'inferred' : 'documented',
        });
      }
    },
  }),
  define('INSIDE-005', 'A run finds nothing of its instance’s previous run.', async (s) => {
    const first = await s.claim();
    await s.spawnProbe(first, { LEFT_BEHIND: 'by the previous run' });
    await s.release(first);
    // The scheduler chooses which instance comes next, and may still be making this one ready.
    let again: Claim | null = null;
    for (let next: Claim | undefined; again === null; ) {
      [next] = await s.claimUpTo(1);
      if (next === undefined) break;
      if (next.instance === first.instance) again = next;
    }
    if (again === null) return s.skip('the same instance was not granted again');
    const { started } = await s.spawnProbe(again);
    s.check(started.variables['LEFT_BEHIND'] === undefined, {
      rule: 'Runtime variables are those of one run.',
      expected: 'no variable LEFT_BEHIND',
      came: excerpt(started.variables['LEFT_BEHIND']),
    });
  }),
  define('INSIDE-009', 'Of runs that start at the same moment each finds its own variables.', async (s) => {
    const claims = [await s.claim(), await s.claim()];
    const runs = await Promise.all(claims.map((one) => s.spawnProbe(one, { OWN_TOKEN: one.token })));
    for (const [index, { instance, token }] of claims.entries()) {
      const { variables = {} } = runs[index]?.started ?? {};
      s.check(variables['OWN_TOKEN'] === token && variables['CYCLE_INSTANCE_ID'] === instance, {
        rule: 'The function gets the environment variables of its own spawn.',
        expected: `${token} in ${instance}`,
        came: `${variables['OWN_TOKEN']} in ${variables['CYCLE_INSTANCE_ID']}`,
      });
    }
  }),
];
