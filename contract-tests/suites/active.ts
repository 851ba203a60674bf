import type { ContractCase } from '../../src/contract/case.ts';
import { fieldOf } from '../../src/contract/json.ts';
import { active, claim, isListed, release, spawn } from '../../src/contract/moves.ts';

const listsWhatRuns = 'Active lists the function’s instances that are starting or running.';

/** What runs. */
export const activeList: readonly ContractCase[] = [
  {
    id: 'ACTIVE-001',
    requirement: 'Active answers a map of instance ID to instance, also when nothing runs.',
    evidence: 'documented',
    level: 'probe',
    operations: ['getActiveInstances'],
    run: async (s) => {
      await active(s);
    },
  },
  {
    id: 'ACTIVE-002',
    requirement: 'Active lists an instance from its spawn to its release, as what it is.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['spawnInstance', 'getActiveInstances', 'releaseInstance'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const claimed = await claim(s);
      await spawn(s, claimed);
      const listed = fieldOf(await active(s), claimed.instance);
      s.require(listed !== undefined, {
        rule: listsWhatRuns,
        expected: `${claimed.instance}, which spawn has started`,
        came: 'a list without it (say so if the function ends by itself at once)',
      });
      const current = fieldOf(listed, 'state', 'current');
      s.check(current === 'running' || current === 'starting', {
        rule: 'A spawned instance is starting or running.',
        expected: 'starting or running',
        came: String(current),
      });
      await release(s, claimed);
      s.check(!(await isListed(s, claimed)), {
        rule: listsWhatRuns,
        expected: 'a list without it',
        came: claimed.instance,
      });
    },
  },
  {
    id: 'ACTIVE-003',
    requirement: 'Active lists all instances at work, and each for as long as it is.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['getActiveInstances'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const first = await claim(s);
      const second = await claim(s);
      await spawn(s, first);
      await spawn(s, second);
      const both = await active(s);
      for (const { instance } of [first, second]) {
        s.check(instance in both, {
          rule: listsWhatRuns,
          expected: instance,
          came: Object.keys(both).join(', ') || 'none',
        });
      }
      await release(s, first);
      const one = await active(s);
      s.check(second.instance in one && !(first.instance in one), {
        rule: listsWhatRuns,
        expected: `${second.instance} and no longer ${first.instance}`,
        came: Object.keys(one).join(', ') || 'none',
      });
    },
  },
  {
    id: 'ACTIVE-004',
    requirement: 'Active of one function does not list what runs in another.',
    evidence: 'documented',
    level: 'lifecycle',
    operations: ['getActiveInstances'],
    needs: ['two-functions'],
    run: async (s) => {
      const claimed = await claim(s, { container: s.secondContainer });
      await spawn(s, claimed);
      s.check(!(claimed.instance in (await active(s))), {
        rule: listsWhatRuns,
        expected: 'none of the other function’s',
        came: claimed.instance,
      });
      await release(s, claimed);
    },
  },
];
