import type { Accepted, Fn, Reference, Rules, Waiter } from './rules.ts';

export const createClaimRules = (reference: Reference) =>
  ({
    leaseMs: 10_000,
    queueMs: 2_000,
    claim: async (call) => {
      const { rules } = reference;
      const picked = rules.pick(call.fn);
      if (picked) rules.take(picked, call.token);
      const instance = picked ?? (await rules.wait(call));
      if (!instance) return { rejection: rules.refuse.noneFree };
      return { data: rules.claimed(instance, call.token) };
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
    wait: (call) =>
      new Promise((resolve) => {
        const waiter = joinLine(call, (instance) => {
          giveUp.cancel();
          call.hungUp.removeEventListener('abort', hangUp);
          resolve(instance);
        });
        const hangUp = (): void => waiter.grant(null);
        const giveUp = reference.alarm(reference.rules.queueMs, hangUp);
        call.hungUp.addEventListener('abort', hangUp);
      }),
    nextInLine: (line) => line[0],
    free: (instance) => {
      instance.lease?.cancel();
      Object.assign(instance, { token: null, lease: null, run: null, stopping: false });
      if (!instance.fn.free.includes(instance)) instance.fn.free.push(instance);
      serveLine(reference, instance.fn);
    },
  }) satisfies Partial<Rules>;

/** Stands at the end of the line until it is granted an instance, or null. */
export const joinLine = ({ fn, token }: Accepted, leave: Waiter['grant']): Waiter => {
  const waiter: Waiter = {
    token,
    grant: (instance) => {
      remove(fn.line, waiter);
      leave(instance);
    },
  };
  fn.line.push(waiter);
  return waiter;
};

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
