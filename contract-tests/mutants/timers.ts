import type { Slot } from '../reference/model.ts';
import type { Rules } from '../reference/rules.ts';
import { type Fault, fails, warns } from './fault.ts';

const isClaimed = ({ token, spawnedAt }: Slot): boolean => token !== null && spawnedAt === null;

const restart = (rules: Rules, slot: Slot): void => {
  slot.lease?.cancel();
  rules.lease(slot);
};

/** Does something to the claim that a request names before anything is checked. */
const onNaming = (rules: Rules, operation: 'spawn' | 'release', act: (slot: Slot) => void): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const slot = call.fn?.slots.find(({ id }) => id === call.fields?.['instance_id']);
    if (call.operation === operation && slot && isClaimed(slot)) {
      const rejection = fields(call);
      const isOwn = slot.token === call.fields['token'] && rejection === null;
      if (!isOwn) act(slot);
      return rejection;
    }
    return fields(call);
  };
};

const stopOthers = (slot: Slot, token: string): void => {
  for (const other of slot.fn.slots) if (other !== slot && other.token === token) other.lease?.cancel();
};

/** Ten seconds that something else lengthens, shortens or stops. */
export const timerFaults: readonly Fault[] = [
  fails(
    'timer-of-the-token',
    'Each token has one timer: the second claim’s takes the place of the first’s.',
    (rules, toy) => {
      const timers = new Map<string, { cancel(): void }>();
      rules.lease = (slot) => {
        const { token } = slot;
        if (token === null) return;
        timers.set(
          token,
          toy.alarm(rules.leaseMs, () => {
            if (slot.token === token && slot.spawnedAt === null) rules.expire(slot);
          }),
        );
        slot.lease = { cancel: () => timers.get(token)?.cancel() };
      };
    },
  ),
  fails(
    'timer-stopped-by-spawn-under-the-token',
    'A spawn stops the ten seconds of all claims under its token.',
    (rules) => {
      const { spawn } = rules;
      rules.spawn = async (call) => {
        const outcome = await spawn(call);
        const slot = call.fn?.slots.find(({ id }) => id === call.fields['instance_id']);
        if ('data' in outcome && slot) stopOthers(slot, String(call.fields['token']));
        return outcome;
      };
    },
  ),
  fails(
    'timer-stopped-by-release-under-the-token',
    'A release stops the ten seconds of all claims under its token.',
    (rules) => {
      const { release } = rules;
      rules.release = async (call) => {
        const outcome = await release(call);
        const slot = call.fn?.slots.find(({ id }) => id === call.fields['instance_id']);
        if ('data' in outcome && slot) stopOthers(slot, String(call.fields['token']));
        return outcome;
      };
    },
  ),
  fails('timer-ends-all-claims-of-the-token', 'When a claim runs out, all claims under its token end.', (rules) => {
    const { expire } = rules;
    rules.expire = (slot) => {
      const others = slot.fn.slots.filter((other) => other.token === slot.token && isClaimed(other));
      for (const other of others) expire(other);
    };
  }),
  fails('timer-stopped-by-refused-release', 'A refused release stops the ten seconds.', (rules) =>
    onNaming(rules, 'release', (slot) => slot.lease?.cancel()),
  ),
  fails('timer-restarted-by-refused-release', 'A refused release makes the claim last ten seconds more.', (rules) =>
    onNaming(rules, 'release', (slot) => restart(rules, slot)),
  ),
  fails(
    'timer-stopped-by-bad-variables',
    'A spawn that is refused for its variables has stopped the ten seconds.',
    (rules) => {
      const { fields } = rules.checks;
      rules.checks.fields = (call) => {
        const slot = call.fn?.slots.find(({ id }) => id === call.fields?.['instance_id']);
        const rejection = fields(call);
        if (rejection && call.operation === 'spawn' && slot?.token === call.fields?.['token']) slot?.lease?.cancel();
        return rejection;
      };
    },
  ),
  fails('timer-restarted-by-active', 'Listing what is active makes all claims last ten seconds more.', (rules) => {
    const { active } = rules;
    rules.active = (fn) => {
      for (const slot of fn.slots) if (isClaimed(slot)) restart(rules, slot);
      return active(fn);
    };
  }),
  fails('timer-restarted-by-any-claim', 'A claim makes all claims of its function last ten seconds more.', (rules) => {
    const { take } = rules;
    rules.take = (slot, token) => {
      take(slot, token);
      for (const other of slot.fn.slots) if (other !== slot && isClaimed(other)) restart(rules, other);
    };
  }),
  fails(
    'timer-of-the-token-over-functions',
    'A release in one function stops the ten seconds of its token in others.',
    (rules, toy) => {
      const { release } = rules;
      rules.release = async (call) => {
        const outcome = await release(call);
        for (const slot of toy.functions.flatMap(({ slots }) => slots)) {
          if ('data' in outcome && slot.fn !== call.fn && slot.token === call.fields['token']) slot.lease?.cancel();
        }
        return outcome;
      };
    },
  ),
  warns('timer-stopped-by-a-waiting-claim', 'While a claim waits in line no other runs out.', (rules, toy) => {
    const { expire } = rules;
    rules.expire = (slot) => {
      if (slot.fn.line.length === 0) return expire(slot);
      slot.lease = toy.alarm(1_000, () => rules.expire(slot));
    };
  }),
  fails('timer-of-one-for-all', 'One timer ends all claims of a function: it is the last one’s.', (rules, toy) => {
    const timers = new Map<string, { cancel(): void }>();
    rules.lease = ({ fn }) => {
      timers.get(fn.id)?.cancel();
      timers.set(
        fn.id,
        toy.alarm(rules.leaseMs, () => {
          for (const slot of fn.slots) if (isClaimed(slot)) rules.expire(slot);
        }),
      );
    };
  }),
];
