import type { Call, Waiter } from '../reference/rules.ts';
import { type Mutant, warns } from './mutant.ts';

/** What becomes of claims in line while other things happen. */
export const lineMutants: readonly Mutant[] = [
  warns('line-of-one-deadline', 'All waiting claims are refused when the first one’s time is over.', (rules) => {
    const { wait } = rules;
    rules.wait = async (call, fn) => {
      const instance = await wait(call, fn);
      if (instance === null && !call.hungUp.aborted) for (const waiter of [...fn.line]) waiter.grant(null);
      return instance;
    };
  }),
  warns(
    'line-with-a-new-deadline',
    'A claim that joins the line gives all others their whole time again.',
    (rules, reference) => {
      rules.wait = (call, fn) =>
        new Promise((resolve) => {
          const waiter: Waiter & { since: number } = {
            token: String(call.fields['token']),
            since: reference.clock.now(),
            grant: (instance) => {
              const at = fn.line.indexOf(waiter);
              if (at !== -1) fn.line.splice(at, 1);
              resolve(instance);
            },
          };
          for (const other of fn.line) (other as typeof waiter).since = reference.clock.now();
          fn.line.push(waiter);
          call.hungUp.addEventListener('abort', () => waiter.grant(null));
          const look = (): void => {
            if (!fn.line.includes(waiter)) return;
            if (reference.clock.now() - waiter.since >= rules.queueMs) return waiter.grant(null);
            reference.alarm(50, look);
          };
          look();
        });
    },
  ),
  warns(
    'line-wakes-one-of-two',
    'Of two instances that become free at the same moment one wakes a claim in line.',
    (rules) => {
      const { nextInLine, free } = rules;
      let lastAt = Number.NEGATIVE_INFINITY;
      rules.free = (instance) => {
        const isSoon = performance.now() - lastAt < 10;
        lastAt = performance.now();
        if (isSoon) rules.nextInLine = () => undefined;
        free(instance);
        rules.nextInLine = nextInLine;
      };
    },
  ),
  warns(
    'line-loses-the-wrong-one',
    'When a caller in line hangs up, the first in line is removed in its place.',
    (rules) => {
      rules.wait = (call, fn) =>
        new Promise((resolve) => {
          const waiter: Waiter = {
            token: String(call.fields['token']),
            grant: (instance) => {
              const at = fn.line.indexOf(waiter);
              if (at !== -1) fn.line.splice(at, 1);
              resolve(instance);
            },
          };
          fn.line.push(waiter);
          call.hungUp.addEventListener('abort', () => {
            if (fn.line.includes(waiter)) fn.line.shift();
          });
          setTimeout(() => waiter.grant(null), 2_000).unref();
        });
    },
  ),
  warns('line-by-token', 'Of claims in line under one token the last takes the place of those before.', (rules) => {
    const { wait } = rules;
    rules.wait = (call, fn) => {
      const token = String(call.fields['token']);
      const waiting = wait(call, fn);
      for (const [at, other] of [...fn.line].entries()) {
        if (other.token === token && at < fn.line.length - 1) fn.line.splice(at, 1);
      }
      return waiting;
    };
  }),
  warns('line-shortened-by-bad-claims', 'A claim that is refused for its body removes one from the line.', (rules) => {
    const { fields } = rules.checks;
    rules.checks.fields = (call: Call) => {
      const rejection = fields(call);
      if (rejection && call.operation === 'claim') call.fn?.line.shift();
      return rejection;
    };
  }),
  warns('line-answered-by-lists', 'A list of active instances ends the wait of all claims in line.', (rules) => {
    const { active } = rules;
    rules.active = (fn) => {
      for (const waiter of [...fn.line]) waiter.grant(null);
      return active(fn);
    };
  }),
  warns('line-keeps-the-refused', 'An instance that becomes free is kept for a claim whose wait is over.', (rules) => {
    const { wait } = rules;
    rules.wait = async (call, fn) => {
      const instance = await wait(call, fn);
      if (instance === null && !call.hungUp.aborted) {
        fn.line.push({ token: String(call.fields['token']), grant: () => void fn.line.shift() });
      }
      return instance;
    };
  }),
];
