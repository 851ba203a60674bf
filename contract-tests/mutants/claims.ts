import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../reference/rules.ts';
import { fails, type Mutant, notes, raceMs, warns } from './mutant.ts';

const tokenInUse = { status: 409, code: '409.duplicate-found', title: 'Token in use' };

/** Who gets which instance. */
export const claimMutants: readonly Mutant[] = [
  fails('double-grant-under-concurrency', 'Claims at once share an instance.', ({ claim, pick, take, claimed }) => ({
    claim: async (call) => {
      const seen = pick(call.fn);
      await sleep(raceMs);
      if (!seen) return await claim(call);
      take(seen, call.token);
      return { data: claimed(seen, call.token) };
    },
  })),
  fails('answers-mixed-up-under-concurrency', 'Claims at once all get the last one’s token.', ({ claim, claimed }) => {
    let last = '';
    return {
      claim: async (call) => {
        last = call.token;
        await sleep(raceMs);
        return await claim(call);
      },
      claimed: (instance) => claimed(instance, last),
    };
  }),
  fails('double-grant', 'The same instance is granted again and again while it is claimed.', {
    pick: (fn) => fn.instances.find(({ run }) => run === null),
  }),
  warns('double-grant-under-one-token', 'A token that holds an instance gets it once more.', ({ claim, claimed }) => ({
    claim: async (call) => {
      const held = call.fn.instances.find(({ token, run }) => token === call.token && !run);
      return held ? { data: claimed(held, call.token) } : await claim(call);
    },
  })),
  warns('same-token-refused', 'A token that holds an instance gets no second one.', ({ claim }) => ({
    claim: async (call) => {
      const isHolding = call.fn.instances.some(({ token }) => token === call.token);
      return isHolding ? { rejection: tokenInUse } : await claim(call);
    },
  })),
  warns('gateway-takes-tokens-once', 'A token that was used for a claim is refused ever after.', ({ claim }) => {
    const used = new Set<string>();
    return {
      claim: async (call) => {
        if (used.has(call.token)) return { rejection: tokenInUse };
        used.add(call.token);
        return await claim(call);
      },
    };
  }),
  fails(
    'instances-of-another-function',
    'A claim of the second function reserves an instance of the first.',
    ({ claim }, { functions: [fn] }) => ({ claim: (call) => claim({ ...call, fn }) }),
  ),
  fails('instance-invented', 'A claim answers an instance ID that nothing else knows.', ({ claimed }) => {
    let count = 0;
    return {
      claimed: (instance, token) => {
        count += 1;
        return { ...claimed(instance, token), instance_id: `beef${String(count).padStart(20, '0')}` };
      },
    };
  }),
  fails('claim-reserves-nothing', 'A claim answers an instance and forgets about it.', { take: () => {} }),
  fails('claim-starts', 'A claim starts the instance.', ({ isActive }) => ({
    isActive: (instance) => instance.token !== null || isActive(instance),
  })),
  fails('pool-shrinks-on-refused-spawns', 'A refused spawn loses its instance for good.', ({ maySpawn, pick }) => {
    const lost = new Set<Instance>();
    return {
      maySpawn: (instance, call) => {
        const rejection = maySpawn(instance, call);
        if (rejection) lost.add(instance);
        return rejection;
      },
      pick: (fn) => pick({ ...fn, free: fn.free.filter((instance) => !lost.has(instance)) }),
    };
  }),
  notes('newest-instance-first', 'A claim gets the instance that became available last.', {
    pick: (fn) => fn.free.at(-1),
  }),
  fails('exhausted-grants-taken', 'While all instances are taken, a claim gets one of those.', ({ pick }) => ({
    pick: (fn) => pick(fn) ?? fn.instances[0],
  })),
  fails('exhausted-grants-nothing', 'With all instances taken, a claim answers 200 with null.', ({ claim, pick }) => ({
    claim: async (call) => (pick(call.fn) ? await claim(call) : { data: null }),
  })),
  fails('every-twentieth-claim-twice', 'Every twentieth claim grants what another holds.', ({ claim, claimed }) => {
    let count = 0;
    return {
      claim: async (call) => {
        count += 1;
        const held = call.fn.instances.find(({ token, spawnedAt }) => token !== null && spawnedAt === null);
        return count % 20 < 5 && held ? { data: claimed(held, call.token) } : await claim(call);
      },
    };
  }),
];
