import type { Instance, Rules } from '../reference/rules.ts';
import { fails, type Mutant, warns } from './mutant.ts';

const isClaimed = ({ token, spawnedAt }: Instance): boolean => token !== null && spawnedAt === null;

const restart = (rules: Rules, instance: Instance): void => {
  instance.lease?.cancel();
  rules.lease(instance);
};

/** Does something to the claim that a request names before anything is checked. */
const onNaming = (rules: Rules, operation: 'spawn' | 'release', act: (instance: Instance) => void): void => {
  const { fields } = rules.checks;
  rules.checks.fields = (call) => {
    const instance = call.fn?.instances.find(({ id }) => id === call.fields?.['instance_id']);
    if (call.operation === operation && instance && isClaimed(instance)) {
      const rejection = fields(call);
      const isOwn = instance.token === call.fields['token'] && rejection === null;
      if (!isOwn) act(instance);
      return rejection;
    }
    return fields(call);
  };
};

const stopOthers = (instance: Instance, token: string): void => {
  for (const other of instance.fn.instances) if (other !== instance && other.token === token) other.lease?.cancel();
};

/** Ten seconds that something else lengthens, shortens or stops. */
export const timerMutants: readonly Mutant[] = [
  fails(
    'timer-of-the-token',
    'Each token has one timer: the second claim’s takes the place of the first’s.',
    (rules, reference) => {
      const timers = new Map<string, { cancel(): void }>();
      rules.lease = (instance) => {
        const { token } = instance;
        if (token === null) return;
        timers.set(
          token,
          reference.alarm(rules.leaseMs, () => {
            if (instance.token === token && instance.spawnedAt === null) rules.expire(instance);
          }),
        );
        instance.lease = { cancel: () => timers.get(token)?.cancel() };
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
        const instance = call.fn?.instances.find(({ id }) => id === call.fields['instance_id']);
        if ('data' in outcome && instance) stopOthers(instance, String(call.fields['token']));
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
        const instance = call.fn?.instances.find(({ id }) => id === call.fields['instance_id']);
        if ('data' in outcome && instance) stopOthers(instance, String(call.fields['token']));
        return outcome;
      };
    },
  ),
  fails('timer-ends-all-claims-of-the-token', 'When a claim runs out, all claims under its token end.', (rules) => {
    const { expire } = rules;
    rules.expire = (instance) => {
      const others = instance.fn.instances.filter((other) => other.token === instance.token && isClaimed(other));
      for (const other of others) expire(other);
    };
  }),
  fails('timer-stopped-by-refused-release', 'A refused release stops the ten seconds.', (rules) =>
    onNaming(rules, 'release', (instance) => instance.lease?.cancel()),
  ),
  fails('timer-restarted-by-refused-release', 'A refused release makes the claim last ten seconds more.', (rules) =>
    onNaming(rules, 'release', (instance) => restart(rules, instance)),
  ),
  fails(
    'timer-stopped-by-bad-variables',
    'A spawn that is refused for its variables has stopped the ten seconds.',
    (rules) => {
      const { fields } = rules.checks;
      rules.checks.fields = (call) => {
        const instance = call.fn?.instances.find(({ id }) => id === call.fields?.['instance_id']);
        const rejection = fields(call);
        if (rejection && call.operation === 'spawn' && instance?.token === call.fields?.['token'])
          instance?.lease?.cancel();
        return rejection;
      };
    },
  ),
  fails('timer-restarted-by-active', 'Listing what is active makes all claims last ten seconds more.', (rules) => {
    const { active } = rules;
    rules.active = (fn) => {
      for (const instance of fn.instances) if (isClaimed(instance)) restart(rules, instance);
      return active(fn);
    };
  }),
  fails('timer-restarted-by-any-claim', 'A claim makes all claims of its function last ten seconds more.', (rules) => {
    const { take } = rules;
    rules.take = (instance, token) => {
      take(instance, token);
      for (const other of instance.fn.instances) if (other !== instance && isClaimed(other)) restart(rules, other);
    };
  }),
  fails(
    'timer-of-the-token-over-functions',
    'A release in one function stops the ten seconds of its token in others.',
    (rules, reference) => {
      const { release } = rules;
      rules.release = async (call) => {
        const outcome = await release(call);
        for (const instance of reference.functions.flatMap(({ instances }) => instances)) {
          if ('data' in outcome && instance.fn !== call.fn && instance.token === call.fields['token'])
            instance.lease?.cancel();
        }
        return outcome;
      };
    },
  ),
  warns('timer-stopped-by-a-waiting-claim', 'While a claim waits in line no other runs out.', (rules, reference) => {
    const { expire } = rules;
    rules.expire = (instance) => {
      if (instance.fn.line.length === 0) return expire(instance);
      instance.lease = reference.alarm(1_000, () => rules.expire(instance));
    };
  }),
  fails(
    'timer-of-one-for-all',
    'One timer ends all claims of a function: it is the last one’s.',
    (rules, reference) => {
      const timers = new Map<string, { cancel(): void }>();
      rules.lease = ({ fn }) => {
        timers.get(fn.id)?.cancel();
        timers.set(
          fn.id,
          reference.alarm(rules.leaseMs, () => {
            for (const instance of fn.instances) if (isClaimed(instance)) rules.expire(instance);
          }),
        );
      };
    },
  ),
];
