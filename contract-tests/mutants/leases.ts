import type { Slot } from '../reference/model.ts';
import type { Fault } from './fault.ts';

/** When a claim ends that nobody spawns. */
export const leaseFaults: readonly Fault[] = [
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
      rules.maySpawn = (slot, token, call) => {
        const rejection = maySpawn(slot, token, call);
        if (rejection && slot.token !== null && slot.spawnedAt === null) {
          slot.lease?.cancel();
          rules.lease(slot);
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
      rules.take = (slot, token) => {
        take(slot, token);
        for (const other of slot.fn.slots) {
          if (other === slot || other.token !== token || other.spawnedAt !== null) continue;
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
    apply: (rules, toy) => {
      rules.lease = (slot) => {
        slot.lease = { cancel: () => {} };
        toy.alarm(rules.leaseMs, () => {
          if (slot.token !== null && slot.spawnedAt === null) rules.expire(slot);
        });
      };
    },
  },
  {
    name: 'lease-from-joining-the-line',
    description: 'The ten seconds of a claim that waited in line begin when it joined.',
    expect: 'fail',
    apply: (rules, toy) => {
      const { wait } = rules;
      rules.wait = async (call, fn) => {
        const joinedAt = toy.clock.now();
        const slot = await wait(call, fn);
        if (slot === null) return null;
        slot.lease?.cancel();
        slot.lease = toy.alarm(rules.leaseMs - (toy.clock.now() - joinedAt), () => rules.expire(slot));
        return slot;
      };
    },
  },
  {
    name: 'lease-ends-runs',
    description: 'The ten seconds end a claim also when it has been spawned.',
    expect: 'fail',
    apply: (rules, toy) => {
      rules.lease = (slot) => {
        const { token } = slot;
        toy.alarm(rules.leaseMs, () => {
          if (slot.token !== token) return;
          void rules.stop(slot);
          rules.free(slot);
        });
      };
    },
  },
  {
    name: 'expired-instance-lost',
    description: 'An instance whose claim ended is never available again.',
    expect: 'fail',
    apply: (rules) => {
      rules.expire = (slot) => {
        slot.token = null;
      };
    },
  },
  {
    name: 'expired-claim-spawns',
    description: 'A claim that ended can be spawned until somebody else has the instance.',
    expect: 'fail',
    apply: (rules) => {
      const { expire, take, maySpawn } = rules;
      const expired = new Map<Slot, string | null>();
      rules.expire = (slot) => {
        expired.set(slot, slot.token);
        expire(slot);
      };
      rules.take = (slot, token) => {
        expired.delete(slot);
        take(slot, token);
      };
      rules.maySpawn = (slot, token, call) => {
        if (expired.get(slot) === token) rules.take(slot, token);
        return maySpawn(slot, token, call);
      };
    },
  },
  {
    name: 'expired-token-lives-on',
    description: 'The token of a claim that ended still opens the instance for spawns when another has claimed it.',
    expect: 'fail',
    apply: (rules) => {
      const expired = new Map<Slot, string>();
      const { expire, holds } = rules;
      rules.expire = (slot) => {
        if (slot.token !== null) expired.set(slot, slot.token);
        expire(slot);
      };
      rules.holds = (slot, token, call) => expired.get(slot) === token || holds(slot, token, call);
    },
  },
];
