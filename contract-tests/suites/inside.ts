import type { ContractCase } from '../../src/contract/case.ts';
import { excerpt, fieldOf, textOf } from '../../src/contract/json.ts';
import { active, type Claim, claim, isListed, release, sendRelease, sendSpawn } from '../../src/contract/moves.ts';
import { observeAnswer } from '../../src/contract/observations.ts';
import { spawnProbe } from '../../src/contract/probe.ts';

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

/** What the function itself sees; it has to be fixtures/probe, or speak like it. */
export const inside: readonly ContractCase[] = [
  {
    id: 'INSIDE-001',
    requirement: 'Spawn really starts the function, once, and in the instance that was claimed.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const claimed = await claim(s);
      const { started, reports } = await spawnProbe(s, claimed);
      const rule = 'Spawn starts the instance asked for.';
      const own = started.variables['CYCLE_INSTANCE_ID'];
      s.check(own === claimed.instance, { rule, expected: `CYCLE_INSTANCE_ID=${claimed.instance}`, came: String(own) });
      const listed = fieldOf(await active(s), claimed.instance);
      s.check(listed !== undefined, { rule, expected: `${claimed.instance} is active`, came: 'it is not listed' });
      await release(s, claimed);
      const starts = reports().filter(({ event }) => event === 'started').length;
      s.check(starts === 1, { rule: 'A spawn starts one process.', expected: 'one start', came: String(starts) });
    },
  },
  {
    id: 'INSIDE-002',
    requirement: 'The function finds the spawn’s variables unchanged: any text, any name, 64 KiB.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const { started } = await spawnProbe(s, await claim(s), texts);
      for (const [name, text] of Object.entries(texts)) {
        const found = Object.hasOwn(started.variables, name) ? started.variables[name] : undefined;
        s.check(found === text, {
          rule: 'The function gets the environment variables of the spawn.',
          expected: `${name}=${excerpt(text)}`,
          came: found === undefined ? 'no such variable' : excerpt(found),
        });
      }
    },
  },
  {
    id: 'INSIDE-003',
    requirement: 'The spawn’s variables win over the container’s own.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const first = await claim(s);
      const { started } = await spawnProbe(s, first);
      await release(s, first);
      const names = Object.keys(started.variables).filter(
        (name) => name.startsWith('PROBE_') && !ofTheRun.includes(name),
      );
      const [name = s.skip('the container has no variable of its own that begins with PROBE_')] = names;
      const { started: again } = await spawnProbe(s, await claim(s), { [name]: 'from-the-spawn' });
      s.check(again.variables[name] === 'from-the-spawn', {
        rule: 'Runtime variables are stronger than the container’s configuration.',
        expected: `${name}=from-the-spawn`,
        came: excerpt(again.variables[name]),
      });
    },
  },
  {
    id: 'INSIDE-004',
    requirement: 'Cycle’s own variables are there, tell the truth, and cannot be overridden.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const claimed = await claim(s);
      const { started } = await spawnProbe(s, claimed, {
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
  },
  {
    id: 'INSIDE-005',
    requirement: 'A run finds nothing of its instance’s previous run.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const first = await claim(s);
      await spawnProbe(s, first, { LEFT_BEHIND: 'by the previous run' });
      await release(s, first);
      let again: Claim | null = null;
      await s.until(async () => {
        const next = await claim(s);
        if (next.instance === first.instance) again = next;
        // Which comes next is the scheduler's choice, and the instance may still be made anew.
        else await sendRelease(s, next);
        return again !== null;
      });
      if (again === null) return s.skip('the same instance was not granted again');
      const { started } = await spawnProbe(s, again);
      s.check(started.variables['LEFT_BEHIND'] === undefined, {
        rule: 'Runtime variables are those of one run.',
        expected: 'no variable LEFT_BEHIND',
        came: excerpt(started.variables['LEFT_BEHIND']),
      });
    },
  },
  {
    id: 'INSIDE-006',
    requirement: 'Release really ends the function, and lets it know before.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['releaseInstance'],
    needs: ['callback'],
    questions: ['end-of-a-run'],
    run: async (s) => {
      const claimed = await claim(s);
      const { reports } = await spawnProbe(s, claimed);
      await release(s, claimed);
      const answeredAt = performance.now();
      const told = () => reports().find(({ event }) => event === 'stopping');
      // The function is told within the target's time, which may have to be moved on.
      if (!(await s.until(() => told() !== undefined, s.run.settleMs / 2))) await s.pass(3_000);
      await s.until(() => told() !== undefined, s.run.settleMs / 2);
      const stopping = told();
      s.require(stopping !== undefined, {
        rule: 'Release ends the run: the function gets the first of deploy.shutdown.signals.',
        expected: 'a report that the function is being stopped',
        came: 'none',
      });
      const isAfter = (stopping?.at ?? 0) > answeredAt;
      s.observe('end-of-a-run', { behaviour: isAfter ? 'answer-then-signal' : 'signal-then-answer' });
    },
  },
  {
    id: 'INSIDE-007',
    requirement: 'A run whose function ends by itself is no longer active.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['getActiveInstances', 'releaseInstance'],
    needs: ['callback'],
    questions: ['spawn-after-exit', 'release-after-exit'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawnProbe(s, claimed, { PROBE_RUN_MS: '100', PROBE_EXIT_CODE: '3' });
      await s.pass(150);
      const isGone = await s.until(async () => !(await isListed(s, claimed)));
      s.require(isGone, {
        rule: 'Active lists instances that are starting or running.',
        expected: 'a list without the instance whose function has ended',
        came: claimed.instance,
      });
      const late = await sendSpawn(s, claimed);
      s.check(late.status >= 400 && late.status < 500, {
        rule: 'The end of a run is the end of its claim.',
        expected: 'a refusal',
        came: String(late.status),
        evidence: 'inferred',
        about: late,
      });
      observeAnswer(s, 'spawn-after-exit', late);
      observeAnswer(s, 'release-after-exit', await sendRelease(s, claimed));
    },
  },
  {
    id: 'INSIDE-008',
    requirement: 'The function is found at the addresses that claim has answered, under the name that active tells.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['claimInstance', 'getActiveInstances'],
    needs: ['callback'],
    run: async (s) => {
      const claimed = await claim(s);
      const { started } = await spawnProbe(s, claimed);
      const environment = fieldOf(claimed.answer.data, 'environment');
      const told = [fieldOf(environment, 'ipv6', 'ip'), fieldOf(environment, 'legacy', 'ipv4', 'ip')].map(textOf);
      if (started.addresses.length > 0) {
        s.check(
          told.some((address) => address !== null && started.addresses.some((own) => isSameAddress(own, address))),
          {
            rule: 'Claim answers where the instance is found.',
            expected: `one of ${told.join(', ')}`,
            came: started.addresses.join(', '),
          },
        );
      }
      const hostname = fieldOf(await active(s), claimed.instance, 'hostname');
      s.check(hostname === started.hostname, {
        rule: 'Active tells the instance’s hostname.',
        expected: String(started.hostname),
        came: excerpt(hostname),
      });
    },
  },
];

/** Given by every spawn of a probe, and therefore not the container's own. */
const ofTheRun: readonly string[] = ['PROBE_CALLBACK_URL', 'PROBE_ID', 'PROBE_RUN_MS', 'PROBE_EXIT_CODE'];

/** IPv6 addresses may be written in several ways. */
const isSameAddress = (one: string, other: string): boolean => canonical(one) === canonical(other);

const canonical = (address: string): string => {
  const bare = address.split('/')[0] ?? '';
  return bare.includes(':') && URL.canParse(`http://[${bare}]/`) ? new URL(`http://[${bare}]/`).hostname : bare;
};
