import {
  type Answer,
  type Claim,
  excerpt,
  group,
  oddVariables,
  type Scenario,
  type Variables,
  watch,
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
  ...oddVariables,
  ...many,
  ...Object.fromEntries(['__proto__', 'toString', 'hasOwnProperty'].map((name) => [name, `called ${name}`])),
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

/** Long enough to be killed in between: where time is moved only the target's passes. */
const runMs = (isMovable: boolean): number => (isMovable ? 4_000 : 12_000);

/** Where time can be moved, the grace is not waited for. It begins once the target has sent its signal. */
const releaseAfterGrace = async (s: Scenario, claimed: Claim): Promise<Answer> => {
  const { container, instance, token } = claimed;
  const releasing = s.trySend({ operation: 'releaseInstance', container, body: { token, instance_id: instance } });
  const isAnswered = watch(releasing);
  while (s.run.clock.isMovable && !isAnswered()) {
    await s.until(isAnswered, 150);
    if (!isAnswered()) await s.pass(1_000);
  }
  return s.answered(await releasing);
};

/** What the function itself sees of odd things; it has to be fixtures/probe, or speak like it. */
export const insideOdd = [
  define(
    'INSIDE-010',
    'Variables arrive to the byte, be their names and values as odd and as many as they may.',
    async (s) => {
      const found = await look(s, variables);
      for (const [name, value] of Object.entries(variables)) {
        checkVariable(s, found, name, value, 'The function gets the environment variables of the spawn.');
      }
    },
  ),
  define(
    'INSIDE-011',
    'The spawn’s variables come beside those of image and configuration, and over them where they share a name.',
    { source: 'environmentVariables' },
    async (s) => {
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
  ),
  define(
    'INSIDE-012',
    'A function that does not heed its signal is dead after its grace.',
    { evidence: 'inferred', operations: ['releaseInstance'] },
    async (s) => {
      const { clock, settleMs } = s.run;
      const lastsMs = runMs(clock.isMovable);
      const claimed = await s.claim();
      const spawnedAt = performance.now();
      const { reports } = await s.spawnProbe(claimed, {
        PROBE_IGNORE_SIGTERM: '1',
        PROBE_RUN_MS: String(lastsMs),
        PROBE_TELL_END: '1',
      });
      const answer = await releaseAfterGrace(s, claimed);
      if (answer.status !== 200) return s.skip('the run was not released');
      if (performance.now() - spawnedAt > lastsMs) return s.skip('the grace is longer than this case waits');
      s.check(await s.becomesListed(claimed, false), {
        rule: 'Release ends the run, also of a function that does not heed its signal.',
        expected: 'a list without it',
        came: claimed.instance,
        evidence: 'documented',
        source: 'shutdown',
      });
      const hasEnded = () => reports().some(({ event }) => event === 'ending');
      if (clock.isMovable) await s.pass(lastsMs);
      await s.until(hasEnded, Math.max(0, spawnedAt + lastsMs + Math.min(settleMs, 500) - performance.now()));
      s.check(!hasEnded(), {
        rule: 'A function that runs on after its signal is killed when graceful_timeout is over.',
        expected: 'no word of it after its release',
        came: `it has reported its own end ${lastsMs} ms after its start`,
      });
    },
  ),
];
