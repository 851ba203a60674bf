import { type Claim, fieldOf, group, rules, watch } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'active',
  level: 'lifecycle',
  operations: ['getActiveInstances'],
});

/** States of what is at work, and of what is not. */
const atWork: readonly string[] = ['starting', 'running', 'migrating'];
const mostLists = 40;
const idle: readonly string[] = ['new', 'stopped', 'failed', 'deleting', 'deleted'];

/** What runs. */
export const activeList = [
  define('ACTIVE-001', 'Active answers a map of instance ID to instance, also when nothing runs.', {
    level: 'probe',
    run: async (s) => {
      const states = async (): Promise<readonly unknown[]> =>
        Object.values(await s.active()).map((instance) => fieldOf(instance, 'state', 'current'));
      let all: readonly unknown[] = [];
      const isSettled = await s.until(async () => {
        all = await states();
        return !all.some((state) => idle.includes(String(state)));
      });
      s.check(isSettled, {
        ...rules.listed,
        expected: 'no instance that is not at work',
        came: all.length === 0 ? 'none at all' : `instances that are ${all.join(', ')}`,
      });
    },
  }),
  define('ACTIVE-002', 'Active lists an instance from its spawn to its release, as what it is.', {
    operations: ['spawnInstance', 'getActiveInstances', 'releaseInstance'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const claimed = await s.start();
      let isThere = false;
      let current: unknown;
      await s.until(async () => {
        const listed = await s.active();
        isThere = claimed.instance in listed;
        current = fieldOf(listed, claimed.instance, 'state', 'current');
        return current === 'running' || current === 'starting';
      });
      s.require(isThere, {
        ...rules.listed,
        expected: `${claimed.instance}, which spawn has started`,
        came: isThere ? claimed.instance : 'a list without it (see --ends-by-itself)',
      });
      s.check(current === 'running' || current === 'starting', {
        rule: 'A spawned instance is starting or running.',
        expected: 'starting or running',
        came: current === undefined ? 'a list without a state' : String(current),
      });
      await s.release(claimed);
      await s.checkUnlisted(claimed, rules.listed.rule);
    },
  }),
  define('ACTIVE-003', 'Active lists all instances at work, and each for as long as it is.', async (s) => {
    if (s.run.endsByItself) s.skip('the function ends by itself');
    const first = await s.claim();
    const second = await s.claim();
    await s.spawn(first);
    await s.spawn(second);
    let listed: readonly string[] = [];
    const lists = (...wanted: readonly Claim[]): Promise<boolean> =>
      s.until(async () => {
        listed = Object.keys(await s.active());
        return [first, second].every((one) => listed.includes(one.instance) === wanted.includes(one));
      });
    s.check(await lists(first, second), {
      ...rules.listed,
      expected: `${first.instance} and ${second.instance}`,
      came: listed.join(', ') || 'none',
    });
    await s.release(first);
    s.check(await lists(second), {
      ...rules.listed,
      expected: `${second.instance} and no longer ${first.instance}`,
      came: listed.join(', ') || 'none',
    });
  }),
  define('ACTIVE-004', 'Active of one function does not list what runs in another.', {
    needs: ['two-functions'],
    run: async (s) => {
      const claimed = await s.start({ container: s.secondContainer });
      await s.checkUnlisted({ ...claimed, container: s.container }, rules.listed.rule);
      await s.release(claimed);
    },
  }),
  define(
    'ACTIVE-005',
    'While a release waits for the end of its run, the list has only instances that are starting or running.',
    {
      evidence: 'inferred',
      operations: ['getActiveInstances', 'releaseInstance'],
      run: async (s) => {
        const claimed = await s.start();
        if (!(await s.isSeenAtWork(claimed))) s.skip('the function ends by itself');
        const states = new Set<unknown>();
        const look = async (): Promise<void> => {
          const state = fieldOf(await s.active(), claimed.instance, 'state', 'current');
          if (state !== undefined) states.add(state);
        };
        await look();
        const releasing = s.sendRelease(claimed);
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
  ),
];

/** All instances at work at once. */
export const activeAll = [
  define('ACTIVE-006', 'Active lists all instances at work, also when all that the function has are.', {
    level: 'disruptive',
    operations: ['spawnInstance', 'getActiveInstances'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const held = await s.holdAll();
      for (const one of held) await s.spawn(one);
      let listed: readonly string[] = [];
      const isComplete = await s.until(async () => {
        listed = Object.keys(await s.active());
        return held.every(({ instance }) => listed.includes(instance));
      });
      s.check(isComplete, {
        ...rules.listed,
        expected: `${held.length} instances that were spawned`,
        came: `${listed.length}`,
      });
      for (const one of held.slice(1)) await s.release(one);
      // Ends may lag, and the next case needs what is free.
      const free = await s.claimUpTo(held.length - 1);
      await s.giveAllBack(free);
    },
  }),
];
