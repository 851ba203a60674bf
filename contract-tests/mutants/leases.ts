import type { Alarm } from '../../src/shared/clock.ts';
import type { Accepted, Call, Instance, Rules } from '../reference/rules.ts';
import { afterSuccess, fails, type Mutant, warns } from './mutant.ts';

const isClaimed = ({ token, spawnedAt }: Instance): boolean => token !== null && spawnedAt === null;

const restart = (instance: Instance, lease: Rules['lease']): void => {
  instance.lease?.cancel();
  lease(instance);
};

const stopOthers = ({ fn, token, instanceId }: Accepted): void => {
  for (const other of fn.instances) if (other.id !== instanceId && other.token === token) other.lease?.cancel();
};

/** Does something to the claim that a refused release names. */
const onRefusedRelease = (name: string, description: string, act: (instance: Instance, rules: Rules) => void): Mutant =>
  fails(name, description, (rules) => {
    const { checkFields } = rules;
    return {
      checkFields: (call) => {
        const instance = named(call);
        const isMeant = call.operation === 'release' && instance && isClaimed(instance);
        const rejection = checkFields(call);
        if (isMeant && (rejection !== null || instance.token !== call.fields?.['token'])) act(instance, rules);
        return rejection;
      },
    };
  });

const named = ({ fn, fields }: Call): Instance | undefined =>
  fn?.instances.find(({ id }) => id === fields?.['instance_id']);

/** When a claim without a spawn ends. */
export const leaseMutants: readonly Mutant[] = [
  warns('lease-too-long', 'A claim ends after eleven seconds, as if leases were swept now and then.', {
    leaseMs: 11_000,
  }),
  fails('lease-too-short', 'A claim ends after nine seconds.', { leaseMs: 9_000 }),
  fails('lease-of-a-moment', 'A claim ends after two seconds.', { leaseMs: 2_000 }),
  fails('lease-endless', 'A claim never ends by itself.', { lease: () => {} }),
  fails(
    'lease-restarts-on-spawn-attempt',
    'A refused spawn makes the claim last ten seconds more.',
    ({ maySpawn, lease }) => ({
      maySpawn: (instance, call) => {
        const rejection = maySpawn(instance, call);
        if (rejection && isClaimed(instance)) restart(instance, lease);
        return rejection;
      },
    }),
  ),
  fails(
    'lease-restarts-on-next-claim',
    'A claim makes all others under its token last ten seconds more.',
    ({ take, lease }) => ({
      take: (instance, token) => {
        take(instance, token);
        for (const other of instance.fn.instances) {
          if (other !== instance && other.token === token && isClaimed(other)) restart(other, lease);
        }
      },
    }),
  ),
  fails('lease-outlives-the-release', 'A released claim’s timer ends the next.', ({ leaseMs, expire }, { alarm }) => ({
    lease: (instance) => {
      instance.lease = { cancel: () => {} };
      alarm(leaseMs, () => isClaimed(instance) && expire(instance));
    },
  })),
  fails('lease-from-joining-the-line', 'A lease begins in line.', ({ wait, leaseMs, expire }, { clock, alarm }) => ({
    wait: async (call) => {
      const endsAt = clock.now() + leaseMs;
      const instance = await wait(call);
      if (instance === null) return null;
      instance.lease?.cancel();
      instance.lease = alarm(endsAt - clock.now(), () => expire(instance));
      return instance;
    },
  })),
  fails('lease-ends-runs', 'The ten seconds end spawned claims, too.', ({ leaseMs, stop, free }, { alarm }) => ({
    lease: (instance) => {
      const { token } = instance;
      alarm(leaseMs, () => {
        if (instance.token !== token) return;
        void stop(instance);
        free(instance);
      });
    },
  })),
  fails('expired-instance-lost', 'An instance whose claim ended is never available again.', {
    expire: (instance) => {
      instance.token = null;
    },
  }),
  fails('expired-claim-spawns', 'An expired claim can be spawned until the next.', ({ expire, take, maySpawn }) => {
    const expired = new Map<Instance, string | null>();
    return {
      expire: (instance) => {
        expired.set(instance, instance.token);
        expire(instance);
      },
      take: (instance, token) => {
        expired.delete(instance);
        take(instance, token);
      },
      maySpawn: (instance, call) => {
        if (expired.get(instance) === call.token) take(instance, call.token);
        return maySpawn(instance, call);
      },
    };
  }),
  fails('expired-token-lives-on', 'An expired claim’s token still opens the next claim.', ({ expire, holds }) => {
    const expired = new Map<Instance, string | null>();
    return {
      expire: (instance) => {
        expired.set(instance, instance.token);
        expire(instance);
      },
      holds: (instance, token, call) => expired.get(instance) === token || holds(instance, token, call),
    };
  }),
  fails(
    'lease-of-one-function',
    'Claims of a second function end when one of the first does.',
    ({ lease, leaseMs, expire }, { functions, clock }) => ({
      lease: (instance) => {
        if (instance.fn === functions[0]) lease(instance);
      },
      expire: (instance) => {
        expire(instance);
        for (const other of functions.flatMap(({ instances }) => instances)) {
          if (isClaimed(other) && clock.now() - other.claimedAt >= leaseMs) expire(other);
        }
      },
    }),
  ),

  // One timer for several claims, and what else lengthens, shortens or stops it
  fails('timer-of-the-token', 'Each token has one timer: its last claim’s.', ({ leaseMs, expire }, { alarm }) => {
    const timers = new Map<string | null, Alarm>();
    return {
      lease: (instance) => {
        const { token } = instance;
        timers.set(
          token,
          alarm(leaseMs, () => instance.token === token && isClaimed(instance) && expire(instance)),
        );
        instance.lease = { cancel: () => timers.get(token)?.cancel() };
      },
    };
  }),
  fails('timer-of-one-for-all', 'Each function has one timer: its last claim’s.', ({ leaseMs, expire }, { alarm }) => {
    const timers = new Map<string, Alarm>();
    return {
      lease: ({ fn }) => {
        timers.get(fn.id)?.cancel();
        timers.set(
          fn.id,
          alarm(leaseMs, () => fn.instances.filter(isClaimed).forEach(expire)),
        );
      },
    };
  }),
  ...(['spawn', 'release'] as const).map((operation) =>
    fails(
      `timer-stopped-by-${operation}-under-the-token`,
      `A ${operation} stops the ten seconds of all claims under its token.`,
      afterSuccess(operation, stopOthers),
    ),
  ),
  fails(
    'timer-of-the-token-over-functions',
    'A release in one function stops the ten seconds of its token in others.',
    afterSuccess('release', ({ fn, token }, _rules, { functions }) => {
      for (const instance of functions.flatMap(({ instances }) => instances)) {
        if (instance.fn !== fn && instance.token === token) instance.lease?.cancel();
      }
    }),
  ),
  fails('timer-ends-all-claims-of-the-token', 'A claim that runs out ends all under its token.', ({ expire }) => ({
    expire: ({ fn, token }) => {
      for (const other of fn.instances) if (other.token === token && isClaimed(other)) expire(other);
    },
  })),
  onRefusedRelease('timer-stopped-by-refused-release', 'A refused release stops the ten seconds.', (instance) =>
    instance.lease?.cancel(),
  ),
  onRefusedRelease(
    'timer-restarted-by-refused-release',
    'A refused release renews the ten seconds.',
    (instance, { lease }) => restart(instance, lease),
  ),
  fails('timer-stopped-by-bad-variables', 'A spawn refused for its variables stops the timer.', ({ checkFields }) => ({
    checkFields: (call) => {
      const instance = named(call);
      const rejection = checkFields(call);
      if (rejection && call.operation === 'spawn' && instance?.token === call.fields?.['token'])
        instance?.lease?.cancel();
      return rejection;
    },
  })),
  fails(
    'timer-restarted-by-active',
    'Listing what is active makes all claims last ten seconds more.',
    ({ active, lease }) => ({
      active: (fn) => {
        for (const instance of fn.instances.filter(isClaimed)) restart(instance, lease);
        return active(fn);
      },
    }),
  ),
  fails(
    'timer-restarted-by-any-claim',
    'A claim makes all claims of its function last ten seconds more.',
    ({ take, lease }) => ({
      take: (instance, token) => {
        take(instance, token);
        for (const other of instance.fn.instances) if (other !== instance && isClaimed(other)) restart(other, lease);
      },
    }),
  ),
  warns('timer-stopped-by-a-waiting-claim', 'While a claim waits in line no other runs out.', ({ expire, wait }) => {
    const due: (() => void)[] = [];
    return {
      expire: (instance) => {
        const { lease } = instance;
        if (instance.fn.line.length === 0) expire(instance);
        else due.push(() => instance.lease === lease && isClaimed(instance) && expire(instance));
      },
      wait: async (call) => {
        const instance = await wait(call);
        if (call.fn.line.length === 0) for (const end of due.splice(0)) end();
        return instance;
      },
    };
  }),
];
