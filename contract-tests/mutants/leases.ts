import type { Instance } from '../reference/rules.ts';
import type { Mutant } from './mutant.ts';

/** When a claim without a spawn ends. */
export const leaseMutants: readonly Mutant[] = [
  {
    name: 'lease-too-long',
    description: 'A claim ends after eleven seconds, as if leases were swept now and then.',
    expect: 'warn',
    apply: (rules) => {
      rules.leaseMs = 11_000;
    },
  },
  {
    name: 'lease-too-short',
    description: 'A claim ends after nine seconds.',
    expect: 'fail',
    apply: (rules) => {
      rules.leaseMs = 9_000;
    },
  },
  {
    name: 'lease-of-a-moment',
    description: 'A claim ends after two seconds.',
    expect: 'fail',
    apply: (rules) => {
      rules.leaseMs = 2_000;
    },
  },
  {
    name: 'lease-endless',
    description: 'A claim never ends by itself.',
    expect: 'fail',
    apply: (rules) => {
      rules.lease = () => {};
    },
  },
  {
    name: 'lease-restarts-on-spawn-attempt',
    description: 'A refused spawn makes the claim last ten seconds more.',
    expect: 'fail',
    apply: (rules) => {
      const { maySpawn } = rules;
      rules.maySpawn = (instance, token, call) => {
        const rejection = maySpawn(instance, token, call);
        if (rejection && instance.token !== null && instance.spawnedAt === null) {
          instance.lease?.cancel();
          rules.lease(instance);
        }
        return rejection;
      };
    },
  },
  {
    name: 'lease-restarts-on-next-claim',
    description: 'A claim makes all others under its token last ten seconds more.',
    expect: 'fail',
    apply: (rules) => {
      const { take } = rules;
      rules.take = (instance, token) => {
        take(instance, token);
        for (const other of instance.fn.instances) {
          if (other === instance || other.token !== token || other.spawnedAt !== null) continue;
          other.lease?.cancel();
          rules.lease(other);
        }
      };
    },
  },
  {
    name: 'lease-outlives-the-release',
    description: 'The ten seconds of a released claim end the instance’s next claim.',
    expect: 'fail',
    apply: (rules, reference) => {
      rules.lease = (instance) => {
        instance.lease = { cancel: () => {} };
        reference.alarm(rules.leaseMs, () => {
          if (instance.token !== null && instance.spawnedAt === null) rules.expire(instance);
        });
      };
    },
  },
  {
    name: 'lease-from-joining-the-line',
    description: 'The ten seconds of a claim that waited in line begin when it joined.',
    expect: 'fail',
    apply: (rules, reference) => {
      const { wait } = rules;
      rules.wait = async (call, fn) => {
        const joinedAt = reference.clock.now();
        const instance = await wait(call, fn);
        if (instance === null) return null;
        instance.lease?.cancel();
        instance.lease = reference.alarm(rules.leaseMs - (reference.clock.now() - joinedAt), () =>
          rules.expire(instance),
        );
        return instance;
      };
    },
  },
  {
    name: 'lease-ends-runs',
    description: 'The ten seconds end a claim also when it has been spawned.',
    expect: 'fail',
    apply: (rules, reference) => {
      rules.lease = (instance) => {
        const { token } = instance;
        reference.alarm(rules.leaseMs, () => {
          if (instance.token !== token) return;
          void rules.stop(instance);
          rules.free(instance);
        });
      };
    },
  },
  {
    name: 'expired-instance-lost',
    description: 'An instance whose claim ended is never available again.',
    expect: 'fail',
    apply: (rules) => {
      rules.expire = (instance) => {
        instance.token = null;
      };
    },
  },
  {
    name: 'expired-claim-spawns',
    description: 'A claim that ended can be spawned until another caller claims the instance.',
    expect: 'fail',
    apply: (rules) => {
      const { expire, take, maySpawn } = rules;
      const expired = new Map<Instance, string | null>();
      rules.expire = (instance) => {
        expired.set(instance, instance.token);
        expire(instance);
      };
      rules.take = (instance, token) => {
        expired.delete(instance);
        take(instance, token);
      };
      rules.maySpawn = (instance, token, call) => {
        if (expired.get(instance) === token) rules.take(instance, token);
        return maySpawn(instance, token, call);
      };
    },
  },
  {
    name: 'expired-token-lives-on',
    description: 'The token of a claim that ended still opens the instance for spawns when another has claimed it.',
    expect: 'fail',
    apply: (rules) => {
      const expired = new Map<Instance, string>();
      const { expire, holds } = rules;
      rules.expire = (instance) => {
        if (instance.token !== null) expired.set(instance, instance.token);
        expire(instance);
      };
      rules.holds = (instance, token, call) => expired.get(instance) === token || holds(instance, token, call);
    },
  },
];
