import { active, type Claim, claim, giveBack, release, sendRelease, spawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { claimUpTo, holdAll } from '../kit/waiting.ts';
import { watch } from '../kit/watch.ts';
import { fieldOf } from '../model/json.ts';

const listsWhatRuns = 'Active lists the function’s instances that are starting or running.';

/** States of what is at work, and of what is not. */
const atWork: readonly string[] = ['starting', 'running', 'migrating'];
const mostLists = 40;
const idle: readonly string[] = ['new', 'stopped', 'failed', 'deleting', 'deleted'];

/** What runs. */
export const activeList: readonly ContractCase[] = [
  {
    id: 'ACTIVE-001',
    requirement: 'Active answers a map of instance ID to instance, also when nothing runs.',
    evidence: 'documented',
    source: 'active',
    level: 'probe',
    operations: ['getActiveInstances'],
    run: async (s) => {
      const states = async (): Promise<readonly unknown[]> =>
        Object.values(await active(s)).map((instance) => fieldOf(instance, 'state', 'current'));
      let all: readonly unknown[] = [];
      const isSettled = await s.until(async () => {
        all = await states();
        return !all.some((state) => idle.includes(String(state)));
      });
      s.check(isSettled, {
        rule: listsWhatRuns,
        expected: 'no instance that is not at work',
        came: all.length === 0 ? 'none at all' : `instances that are ${all.join(', ')}`,
      });
    },
  },
  {
    id: 'ACTIVE-002',
    requirement: 'Active lists an instance from its spawn to its release, as what it is.',
    evidence: 'documented',
    source: 'active',
    level: 'lifecycle',
    operations: ['spawnInstance', 'getActiveInstances', 'releaseInstance'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const claimed = await claim(s);
      await spawn(s, claimed);
      let isThere = false;
      let current: unknown;
      await s.until(async () => {
        const listed = await active(s);
        isThere = claimed.instance in listed;
        current = fieldOf(listed, claimed.instance, 'state', 'current');
        return current === 'running' || current === 'starting';
      });
      s.require(isThere, {
        rule: listsWhatRuns,
        expected: `${claimed.instance}, which spawn has started`,
        came: isThere ? claimed.instance : 'a list without it (see --ends-by-itself)',
      });
      s.check(current === 'running' || current === 'starting', {
        rule: 'A spawned instance is starting or running.',
        expected: 'starting or running',
        came: String(current),
      });
      await release(s, claimed);
      await checkUnlisted(s, claimed, { rule: listsWhatRuns });
    },
  },
  {
    id: 'ACTIVE-003',
    requirement: 'Active lists all instances at work, and each for as long as it is.',
    evidence: 'documented',
    source: 'active',
    level: 'lifecycle',
    operations: ['getActiveInstances'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const first = await claim(s);
      const second = await claim(s);
      await spawn(s, first);
      await spawn(s, second);
      let listed: readonly string[] = [];
      const lists = (...wanted: readonly Claim[]): Promise<boolean> =>
        s.until(async () => {
          listed = Object.keys(await active(s));
          return [first, second].every((one) => listed.includes(one.instance) === wanted.includes(one));
        });
      s.check(await lists(first, second), {
        rule: listsWhatRuns,
        expected: `${first.instance} and ${second.instance}`,
        came: listed.join(', ') || 'none',
      });
      await release(s, first);
      s.check(await lists(second), {
        rule: listsWhatRuns,
        expected: `${second.instance} and no longer ${first.instance}`,
        came: listed.join(', ') || 'none',
      });
    },
  },
  {
    id: 'ACTIVE-004',
    requirement: 'Active of one function does not list what runs in another.',
    evidence: 'documented',
    source: 'active',
    level: 'lifecycle',
    operations: ['getActiveInstances'],
    needs: ['two-functions'],
    run: async (s) => {
      const claimed = await claim(s, { container: s.secondContainer });
      await spawn(s, claimed);
      await checkUnlisted(s, { ...claimed, container: s.container }, { rule: listsWhatRuns });
      await release(s, claimed);
    },
  },
  {
    id: 'ACTIVE-005',
    requirement:
      'While a release waits for the end of its run, the list has only instances that are starting or running.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['getActiveInstances', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      if (!(await isSeenAtWork(s, claimed))) s.skip('the function ends by itself');
      const states = new Set<unknown>();
      const look = async (): Promise<void> => {
        const state = fieldOf(await active(s), claimed.instance, 'state', 'current');
        if (state !== undefined) states.add(state);
      };
      await look();
      const releasing = sendRelease(s, claimed);
      const isReleased = watch(releasing);
      for (let asked = 0; asked < mostLists && !isReleased(); asked += 1) await look();
      await releasing;
      const others = [...states].filter((state) => !atWork.includes(String(state)));
      s.check(others.length === 0, {
        rule: 'Active lists only instances whose state is starting or running.',
        expected: 'starting or running',
        came: [...states].join(', '),
      });
    },
  },
];

/** All instances at work at once. */
export const activeAll: readonly ContractCase[] = [
  {
    id: 'ACTIVE-006',
    requirement: 'Active lists all instances at work, also when all that the function has are.',
    evidence: 'documented',
    source: 'active',
    level: 'disruptive',
    operations: ['spawnInstance', 'getActiveInstances'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const held = await holdAll(s);
      for (const one of held) await spawn(s, one);
      let listed: readonly string[] = [];
      const isComplete = await s.until(async () => {
        listed = Object.keys(await active(s));
        return held.every(({ instance }) => listed.includes(instance));
      });
      s.check(isComplete, {
        rule: listsWhatRuns,
        expected: `${held.length} instances that were spawned`,
        came: `${listed.length}`,
      });
      for (const one of held.slice(1)) await release(s, one);
      // Ends may lag, and the next case needs what is free.
      const free = await claimUpTo(s, held.length - 1);
      for (const one of free) await giveBack(s, one);
    },
  },
];
