import type { Fn, Instance, Reference, Rules } from './rules.ts';

type ClaimRules = Pick<
  Rules,
  'leaseMs' | 'queueMs' | 'claim' | 'pick' | 'take' | 'lease' | 'expire' | 'wait' | 'nextInLine' | 'free'
>;

export const createClaimRules = (reference: Reference): ClaimRules => ({
  leaseMs: 10_000,
  queueMs: 2_000,
  claim: async (call) => {
    const { rules } = reference;
    const fn = call.fn as Fn;
    const token = String(call.fields['token']);
    const picked = rules.pick(fn);
    if (picked) rules.take(picked, token);
    const instance = picked ?? (await rules.wait(call, fn));
    if (!instance) return { rejection: rules.refuse.noneFree };
    return { data: rules.claimed(instance, token) };
  },
  pick: (fn) => fn.free[0],
  take: (instance, token) => {
    remove(instance.fn.free, instance);
    Object.assign(instance, { token, claimedAt: reference.clock.now(), spawnedAt: null, pastToken: null });
    reference.rules.lease(instance);
  },
  lease: (instance) => {
    instance.lease = reference.alarm(reference.rules.leaseMs, () => reference.rules.expire(instance));
  },
  expire: (instance) => reference.rules.free(instance),
  wait: (call, fn) =>
    new Promise((resolve) => {
      const leave = (instance: Instance | null): void => {
        giveUp.cancel();
        call.hungUp.removeEventListener('abort', hangUp);
        remove(fn.line, waiter);
        resolve(instance);
      };
      const hangUp = (): void => leave(null);
      const waiter = { token: String(call.fields['token']), grant: leave };
      const giveUp = reference.alarm(reference.rules.queueMs, () => leave(null));
      call.hungUp.addEventListener('abort', hangUp);
      fn.line.push(waiter);
    }),
  nextInLine: (line) => line[0],
  free: (instance) => {
    instance.lease?.cancel();
    Object.assign(instance, { token: null, lease: null, run: null, stopping: false });
    if (!instance.fn.free.includes(instance)) instance.fn.free.push(instance);
    serveLine(reference, instance.fn);
  },
});

const serveLine = ({ rules }: Reference, fn: Fn): void => {
  for (let waiter = rules.nextInLine(fn.line); waiter; waiter = rules.nextInLine(fn.line)) {
    const instance = rules.pick(fn);
    if (!instance) return;
    rules.take(instance, waiter.token);
    waiter.grant(instance);
  }
};

const remove = <Item>(list: Item[], item: Item): void => {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
};
