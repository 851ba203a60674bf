import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Alarm } from '../../src/shared/clock.ts';
import { joinLine } from '../reference/claims.ts';
import type { Accepted, Call, Change, Instance, Waiter } from '../reference/rules.ts';
import { fails, type Mutant, warns } from './mutant.ts';

/** The line does not notice what this rule makes free. */
const unnoticed =
  (rule: 'expire' | 'ended'): Change =>
  (rules) => {
    const { [rule]: usual, nextInLine } = rules;
    let isAsleep = false;
    rules[rule] = (instance) => {
      isAsleep = true;
      usual(instance);
      isAsleep = false;
    };
    return { nextInLine: (line) => (isAsleep ? undefined : nextInLine(line)) };
  };

/** Callers that hang up are not noticed. */
export const hangUpsUnnoticed: Change = ({ wait }) => ({
  wait: (call) => wait({ ...call, hungUp: new AbortController().signal }),
});

/** Does something once a claim has waited in vain. */
const afterWaiting =
  (act: (call: Accepted) => void): Change =>
  ({ wait }) => ({
    wait: async (call) => {
      const instance = await wait(call);
      if (instance === null && !call.hungUp.aborted) act(call);
      return instance;
    },
  });

/** The line of claims that wait for an instance, by itself and while other things happen. */
export const lineMutants: readonly Mutant[] = [
  warns('line-last-first', 'Of the waiting claims the last one is served first.', {
    nextInLine: (line) => line.at(-1),
  }),
  warns('line-missing', 'A claim does not wait: it fails at once when no instance is free.', {
    wait: () => Promise.resolve(null),
  }),
  warns('line-endless', 'A claim waits for as long as no instance becomes free.', { queueMs: 3_600_000 }),
  warns('line-asleep', 'The line does not notice that an instance has become free.', {
    nextInLine: () => undefined,
  }),
  warns('line-asleep-when-a-claim-ends', 'The line does not notice that a claim has run out.', unnoticed('expire')),
  warns('line-asleep-when-a-run-ends', 'The line does not notice that a run has ended.', unnoticed('ended')),
  fails('line-serves-two', 'Two waiting claims get the one instance that becomes free.', {
    nextInLine: ([first, second]) =>
      first && second
        ? { ...first, grant: (instance) => [first, second].forEach(({ grant }) => void grant(instance)) }
        : first,
  }),
  warns('line-keeps-the-gone', 'A caller that hung up in line is granted an instance.', hangUpsUnnoticed),
  warns(
    'line-of-one-deadline',
    'All waiting claims are refused when the first one’s time is over.',
    afterWaiting(({ fn }) => {
      for (const waiter of [...fn.line]) waiter.grant(null);
    }),
  ),
  warns(
    'line-with-a-new-deadline',
    'A claim that joins the line renews the others’ time.',
    ({ queueMs }, { alarm }) => {
      const deadlines = new Map<Waiter, Alarm>();
      return {
        wait: (call) =>
          new Promise((resolve) => {
            const waiter = joinLine(call, resolve);
            call.hungUp.addEventListener('abort', () => waiter.grant(null));
            for (const each of call.fn.line) {
              deadlines.get(each)?.cancel();
              deadlines.set(
                each,
                alarm(queueMs, () => each.grant(null)),
              );
            }
          }),
      };
    },
  ),
  warns('line-wakes-one-of-two', 'Of two instances freed at once one wakes the line.', ({ nextInLine, free }) => {
    let lastAt = Number.NEGATIVE_INFINITY;
    let isAsleep = false;
    return {
      free: (instance) => {
        isAsleep = performance.now() - lastAt < 10;
        lastAt = performance.now();
        free(instance);
        isAsleep = false;
      },
      nextInLine: (line) => (isAsleep ? undefined : nextInLine(line)),
    };
  }),
  warns('line-loses-the-wrong-one', 'A hang-up takes the first claim out of the line.', ({ queueMs }, { alarm }) => ({
    wait: (call) =>
      new Promise((resolve) => {
        const waiter = joinLine(call, resolve);
        call.hungUp.addEventListener('abort', () => {
          if (call.fn.line.includes(waiter)) call.fn.line.shift();
        });
        alarm(queueMs, () => waiter.grant(null));
      }),
  })),
  warns('line-by-token', 'Of claims in line under one token the last takes the place of those before.', ({ wait }) => ({
    wait: (call) => {
      const { line } = call.fn;
      const before = line.findIndex(({ token }) => token === call.token);
      if (before !== -1) line.splice(before, 1);
      return wait(call);
    },
  })),
  warns('line-shortened-by-bad-claims', 'A claim refused for its body removes one in line.', ({ checkFields }) => ({
    checkFields: (call) => {
      const rejection = checkFields(call);
      if (rejection && call.operation === 'claim') call.fn?.line.shift();
      return rejection;
    },
  })),
  warns('line-answered-by-lists', 'A list of active instances ends the wait of all claims in line.', ({ active }) => ({
    active: (fn) => {
      for (const waiter of [...fn.line]) waiter.grant(null);
      return active(fn);
    },
  })),
  warns(
    'line-keeps-the-refused',
    'An instance that becomes free is kept for a claim whose wait is over.',
    afterWaiting(({ fn, token }) => {
      fn.line.push({ token, grant: () => void fn.line.shift() });
    }),
  ),
  warns('line-overtaken', 'Claims in line poll, and others overtake them.', ({ queueMs, pick, take }, { alarm }) => {
    const waiting: Call[] = [];
    return {
      nextInLine: () => undefined,
      wait: async (call) => {
        waiting.push(call);
        let instance: Instance | undefined;
        for (let ms = 0; ms < queueMs && !call.hungUp.aborted && instance === undefined; ms += 100) {
          await new Promise<void>((resolve) => alarm(100, resolve));
          if (waiting.find(({ fn }) => fn === call.fn) === call) instance = pick(call.fn);
        }
        waiting.splice(waiting.indexOf(call), 1);
        if (instance !== undefined) take(instance, call.token);
        return instance ?? null;
      },
    };
  }),
  warns('line-of-one', 'A claim that finds another in line is refused at once.', ({ wait }) => ({
    wait: (call) => (call.fn.line.length > 0 ? Promise.resolve(null) : wait(call)),
  })),
  warns('line-takes-all-workers', 'Claims in line take workers that releases need.', ({ claim, spawn, release }) => {
    const limit = pLimit(8);
    return {
      claim: (call) => limit(claim, call),
      spawn: (call) => limit(spawn, call),
      release: (call) => limit(release, call),
    };
  }),
  warns('line-misses-what-is-freed', 'What is freed while a claim joins the line does not wake it.', ({ wait }) => ({
    wait: async (call) => {
      await sleep(2);
      return await wait(call);
    },
  })),
  warns('gateway-repeats-waiting-claims', 'A gateway repeats a claim that waits for 100 ms.', ({ claim }) => ({
    claim: async (call) => {
      const first = claim(call);
      const isWaiting = await Promise.race([first.then(() => false), sleep(100, true)]);
      if (isWaiting) void claim({ ...call, hungUp: new AbortController().signal });
      return await first;
    },
  })),
  warns('gateway-joins-equal-claims', 'Claims of one token that wait at the same time are one request.', ({ wait }) => {
    const waiting = new Map<string, Promise<Instance | null>>();
    return {
      wait: (call) => {
        const name = `${call.fn.id} ${call.token}`;
        const joined = waiting.get(name) ?? wait(call).finally(() => waiting.delete(name));
        waiting.set(name, joined);
        return joined;
      },
    };
  }),
  fails('functions-share-their-limit', 'One function’s exhaustion makes others wait.', ({ pick }, { functions }) => ({
    pick: (fn) => {
      const isFull = functions.some((other) => other !== fn && other.instances.every(({ token }) => token !== null));
      return isFull ? undefined : pick(fn);
    },
  })),
  fails('functions-share-their-line', 'All functions have one line.', ({ pick, nextInLine }, { functions }) => {
    let isServing = false;
    return {
      pick: (fn) => (!isServing && functions.some(({ line }) => line.length > 0) ? undefined : pick(fn)),
      nextInLine: (line) => {
        isServing = true;
        setImmediate(() => {
          isServing = false;
        });
        return nextInLine(line);
      },
    };
  }),
  fails('answers-shifted-after-a-hang-up', 'A gone caller’s answer goes to the next.', ({ wait, answer, refuse }) => {
    let late = 0;
    return {
      wait: async (call) => {
        const instance = await wait(call);
        if (call.hungUp.aborted) late += 1;
        return instance;
      },
      answer: (outcome, call) => {
        if (late === 0 || call.hungUp.aborted) return answer(outcome, call);
        late -= 1;
        return answer({ rejection: refuse.noneFree }, call);
      },
    };
  }),
];
