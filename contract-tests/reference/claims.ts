import type { Fn, Slot } from './model.ts';
import type { Rules } from './rules.ts';
import type { Toy } from './toy.ts';

type ClaimRules = Pick<
  Rules,
  'leaseMs' | 'queueMs' | 'claim' | 'pick' | 'take' | 'lease' | 'expire' | 'wait' | 'nextInLine' | 'free'
>;

export const createClaimRules = (toy: Toy): ClaimRules => ({
  leaseMs: 10_000,
  queueMs: 2_000,
  claim: async (call) => {
    const { rules } = toy;
    const fn = call.fn as Fn;
    const token = String(call.fields['token']);
    const picked = rules.pick(fn);
    if (picked) rules.take(picked, token);
    const slot = picked ?? (await rules.wait(call, fn));
    if (!slot) return { rejection: rules.refuse.noneFree };
    return { data: rules.claimed(slot, token) };
  },
  pick: (fn) => fn.free[0],
  take: (slot, token) => {
    remove(slot.fn.free, slot);
    Object.assign(slot, { token, claimedAt: toy.clock.now(), spawnedAt: null, pastToken: null });
    toy.rules.lease(slot);
  },
  lease: (slot) => {
    slot.lease = toy.alarm(toy.rules.leaseMs, () => toy.rules.expire(slot));
  },
  expire: (slot) => toy.rules.free(slot),
  wait: (call, fn) =>
    new Promise((resolve) => {
      const leave = (slot: Slot | null): void => {
        giveUp.cancel();
        call.hungUp.removeEventListener('abort', hangUp);
        remove(fn.line, waiter);
        resolve(slot);
      };
      const hangUp = (): void => leave(null);
      const waiter = { token: String(call.fields['token']), grant: leave };
      const giveUp = toy.alarm(toy.rules.queueMs, () => leave(null));
      call.hungUp.addEventListener('abort', hangUp);
      fn.line.push(waiter);
    }),
  nextInLine: (line) => line[0],
  free: (slot) => {
    slot.lease?.cancel();
    Object.assign(slot, { token: null, lease: null, run: null, stopping: false });
    if (!slot.fn.free.includes(slot)) slot.fn.free.push(slot);
    serveLine(toy, slot.fn);
  },
});

const serveLine = ({ rules }: Toy, fn: Fn): void => {
  for (let waiter = rules.nextInLine(fn.line); waiter; waiter = rules.nextInLine(fn.line)) {
    const slot = rules.pick(fn);
    if (!slot) return;
    rules.take(slot, waiter.token);
    waiter.grant(slot);
  }
};

const remove = <Item>(list: Item[], item: Item): void => {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
};
