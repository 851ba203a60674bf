import { active, claim, release, sendRelease, sendSpawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { becomesListed, checkListed } from '../kit/listing.ts';
import { observeAnswer } from '../kit/observations.ts';
import { spawnProbe } from '../kit/probe.ts';
import { excerpt, fieldOf, textOf } from '../model/json.ts';

/** What the function itself sees; it has to be fixtures/probe, or speak like it. */
export const inside: readonly ContractCase[] = [
  {
    id: 'INSIDE-001',
    requirement: 'Spawn really starts the function, once, and in the instance that was claimed.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const claimed = await claim(s);
      const { started, reports } = await spawnProbe(s, claimed);
      const rule = 'Spawn starts the instance asked for.';
      const own = started.variables['CYCLE_INSTANCE_ID'];
      s.check(own === claimed.instance, { rule, expected: `CYCLE_INSTANCE_ID=${claimed.instance}`, came: String(own) });
      if (!s.run.endsByItself) await checkListed(s, claimed, { rule });
      await release(s, claimed);
      const starts = reports().filter(({ event }) => event === 'started').length;
      s.check(starts === 1, { rule: 'A spawn starts one process.', expected: 'one start', came: String(starts) });
    },
  },
  {
    id: 'INSIDE-006',
    requirement: 'Release really ends the function, and lets it know before.',
    evidence: 'documented',
    source: 'shutdown',
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
      // The function gets the signal within the target's time, so the case may have to move the clock.
      if (!(await s.until(() => told() !== undefined, s.run.settleMs / 2))) await s.pass(3_000);
      await s.until(() => told() !== undefined, s.run.settleMs / 2);
      const stopping = told();
      s.require(stopping !== undefined, {
        rule: 'Release ends the run: the function gets the first of deploy.shutdown.signals.',
        expected: 'a report that the function is being stopped',
        came: stopping === undefined ? 'none' : 'a report',
      });
      const isAfter = (stopping?.at ?? 0) > answeredAt;
      s.observe('end-of-a-run', { behaviour: isAfter ? 'answer-then-signal' : 'signal-then-answer' });
    },
  },
  {
    id: 'INSIDE-007',
    requirement: 'A run whose function ends by itself is no longer active.',
    evidence: 'documented',
    source: 'active',
    level: 'lifecycle',
    operations: ['getActiveInstances', 'releaseInstance'],
    needs: ['callback'],
    questions: ['spawn-after-exit', 'release-after-exit'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawnProbe(s, claimed, { PROBE_RUN_MS: '100', PROBE_EXIT_CODE: '3' });
      await s.pass(150);
      const isGone = await becomesListed(s, claimed, false);
      s.require(isGone, {
        rule: 'Active lists instances that are starting or running.',
        expected: 'a list without the instance whose function has ended',
        came: isGone ? 'a list without it' : claimed.instance,
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
      await becomesListed(s, claimed);
      const hostname = fieldOf(await active(s), claimed.instance, 'hostname');
      if (hostname === undefined) return;
      s.check(hostname === started.hostname, {
        rule: 'Active tells the instance’s hostname.',
        expected: String(started.hostname),
        came: excerpt(hostname),
      });
    },
  },
];

/** IPv6 addresses may be written in several ways. */
const isSameAddress = (one: string, other: string): boolean => canonical(one) === canonical(other);

const canonical = (address: string): string => {
  const bare = address.split('/')[0] ?? '';
  return bare.includes(':') && URL.canParse(`http://[${bare}]/`) ? new URL(`http://[${bare}]/`).hostname : bare;
};
