import { type Claim, excerpt, fieldOf, group } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'variables',
  level: 'lifecycle',
  operations: ['spawnInstance'],
  needs: ['callback'],
});

const texts = {
  PLAIN: 'value',
  EMPTY: '',
  BLANKS: '  both ends  ',
  LINES: 'one\ntwo\r\n\n\tthree\n',
  UNICODE: 'Grüße 世界 🚲 ﬁ',
  QUOTES: `"double" 'single' \\back\\ \`id\``,
  DOLLARS: `$HOME \${PLAIN} $$ %PLAIN%`,
  EQUALS: '=a=b=',
  JSON_TEXT: '{"a":[1,null]}',
  LARGE: `<${'x'.repeat(64 * 1024 - 2)}>`,
  lower_case: 'small letters',
  'dotted.name-x': 'no identifier',
  constructor: 'a name that objects have',
} as const;

/** Given by every spawn of a probe, and therefore not the container's own. */
const ofTheRun: readonly string[] = ['PROBE_CALLBACK_URL', 'PROBE_ID', 'PROBE_RUN_MS', 'PROBE_EXIT_CODE'];

/** The variables that a function finds; it has to be fixtures/probe, or speak like it. */
export const insideVariables = [
  define('INSIDE-002', 'The function finds the spawn’s variables unchanged: any text, any name, 64 KiB.', async (s) => {
    const { started } = await s.spawnProbe(await s.claim(), texts);
    for (const [name, text] of Object.entries(texts)) {
      const found = Object.hasOwn(started.variables, name) ? started.variables[name] : undefined;
      s.check(found === text, {
        rule: 'The function gets the environment variables of the spawn.',
        expected: `${name}=${excerpt(text)}`,
        came: found === undefined ? 'no such variable' : excerpt(found),
      });
    }
  }),
  define(
    'INSIDE-003',
    'The spawn’s variables win over the container’s own.',
    { source: 'environmentVariables' },
    async (s) => {
      const first = await s.claim();
      const { started } = await s.spawnProbe(first);
      await s.release(first);
      const names = Object.keys(started.variables).filter(
        (name) => name.startsWith('PROBE_') && !ofTheRun.includes(name),
      );
      const [name = s.skip('the container has no variable of its own that begins with PROBE_')] = names;
      const { started: again } = await s.spawnProbe(await s.claim(), { [name]: 'from-the-spawn' });
      s.check(again.variables[name] === 'from-the-spawn', {
        rule: 'Runtime variables are stronger than the container’s configuration.',
        expected: `${name}=from-the-spawn`,
        came: excerpt(again.variables[name]),
      });
    },
  ),
  define(
    'INSIDE-004',
    'Cycle’s own variables are there, tell the truth, and cannot be overridden.',
    { source: 'environmentVariables' },
    async (s) => {
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
  ),
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
