import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Fn, Instance, Outcome, Rules } from '../reference/rules.ts';
import { fails, type Mutant, warns } from './mutant.ts';

const busyMs = 250;

/** Lets at most so many requests of these operations work at the same time; further ones stand behind them. */
const withWorkers = (rules: Rules, count: number): void => {
  let free = count;
  const queue: (() => void)[] = [];
  for (const operation of ['claim', 'spawn', 'release'] as const) {
    const act = rules[operation];
    rules[operation] = async (call: Call): Promise<Outcome> => {
      if (free === 0) await new Promise<void>((resolve) => queue.push(resolve));
      else free -= 1;
      try {
        return await act(call);
      } finally {
        const next = queue.shift();
        if (next === undefined) free += 1;
        else next();
      }
    };
  }
};

/** Does something to the instance of an answered request when the connection that it came over is closed. */
const whenClosed = (
  rules: Rules,
  operation: 'claim' | 'spawn',
  act: (instance: Instance, token: string) => void,
): void => {
  const { [operation]: usual } = rules;
  rules[operation] = async (call) => {
    const outcome = await usual(call);
    const { token } = call.fields;
    const held = call.fn?.instances.filter((instance) => instance.token === token) ?? [];
    (call.connection as EventEmitter).once('close', () => {
      for (const instance of held) if (instance.token === token) act(instance, String(token));
    });
    return outcome;
  };
};

/** What programs get wrong whose authors have built servers before, and not this one. */
export const habitMutants: readonly Mutant[] = [
  warns(
    'line-overtaken',
    'Claims in line look again now and then, and one that comes meanwhile is first.',
    (rules, reference) => {
      rules.nextInLine = () => undefined;
      const waiting: Call[] = [];
      rules.wait = async (call, fn) => {
        waiting.push(call);
        let instance: Instance | undefined;
        for (let ms = 0; ms < rules.queueMs && !call.hungUp.aborted && instance === undefined; ms += 100) {
          await new Promise<void>((resolve) => reference.alarm(100, resolve));
          if (waiting.find(({ fn: other }) => other === fn) === call) instance = rules.pick(fn);
        }
        waiting.splice(waiting.indexOf(call), 1);
        if (instance !== undefined) rules.take(instance, String(call.fields['token']));
        return instance ?? null;
      };
    },
  ),
  warns('line-of-one', 'A claim that finds another in line is refused at once.', (rules) => {
    const { wait } = rules;
    rules.wait = (call, fn) => (fn.line.length > 0 ? Promise.resolve(null) : wait(call, fn));
  }),
  warns(
    'line-takes-all-workers',
    'Each claim in line takes one of eight workers, which releases need as well.',
    (rules) => withWorkers(rules, 8),
  ),
  warns('line-misses-what-is-freed', 'What is freed while a claim joins the line does not wake it.', (rules) => {
    const { wait } = rules;
    rules.wait = async (call, fn) => {
      await sleep(2);
      return await wait(call, fn);
    };
  }),
  fails('lease-of-one-function', 'Claims of a second function end when one of the first does.', (rules, reference) => {
    const { lease, expire } = rules;
    const [first] = reference.functions;
    const isOver = (instance: Instance): boolean =>
      instance.token !== null &&
      instance.spawnedAt === null &&
      reference.clock.now() - instance.claimedAt >= rules.leaseMs;
    rules.lease = (instance) => void (instance.fn === first && lease(instance));
    rules.expire = (instance) => {
      expire(instance);
      for (const fn of reference.functions) for (const other of fn.instances.filter(isOver)) expire(other);
    };
  }),
  fails('claims-end-with-their-connection', 'A claim ends when the connection that it came over is closed.', (rules) =>
    whenClosed(rules, 'claim', (instance) => instance.spawnedAt === null && rules.free(instance)),
  ),
  fails('runs-end-with-their-connection', 'A run ends when the connection of its spawn is closed.', (rules) =>
    whenClosed(rules, 'spawn', (instance) => instance.run && rules.ended(instance)),
  ),
  warns(
    'active-lists-what-stops',
    'An instance is listed as stopping while its release waits for its end.',
    (rules) => {
      const { stop, listed } = rules;
      rules.stop = async (instance) => {
        await sleep(busyMs);
        await stop(instance);
      };
      rules.listed = (instance) => {
        const described = listed(instance);
        const state = described['state'] as object;
        return instance.stopping ? { ...described, state: { ...state, current: 'stopping' } } : described;
      };
    },
  ),
  fails('active-lists-three', 'Of more than three instances at work three are listed.', (rules) => {
    const { active } = rules;
    rules.active = (fn: Fn) => Object.fromEntries(Object.entries(active(fn) as object).slice(0, 3));
  }),
  fails('active-misses-the-line', 'Runs whose claims waited in line are not listed.', (rules) => {
    const { take, wait, isActive } = rules;
    const waited = new Set<Instance>();
    rules.take = (instance, token) => {
      waited.delete(instance);
      take(instance, token);
    };
    rules.wait = async (call, fn) => {
      const instance = await wait(call, fn);
      if (instance) waited.add(instance);
      return instance;
    };
    rules.isActive = (instance) => isActive(instance) && !waited.has(instance);
  }),
  warns('spawn-answers-before-the-start', 'Spawn answers as soon as the start is ordered.', (rules, reference) => {
    const { start, isActive, listed } = rules;
    const starting = new Set<Instance>();
    rules.isActive = (instance) => starting.has(instance) || isActive(instance);
    rules.listed = (instance) => {
      const described = listed(instance);
      const state = described['state'] as object;
      return starting.has(instance) ? { ...described, state: { ...state, current: 'starting' } } : described;
    };
    rules.start = (instance, environment) => {
      starting.add(instance);
      const { token } = instance;
      setTimeout(() => {
        starting.delete(instance);
        if (instance.token !== token) return;
        instance.spawnedAt = reference.clock.now();
        void start(instance, environment);
      }, busyMs + busyMs);
    };
  }),
  fails('json-escapes-unread', 'Escapes in JSON texts are kept as they are written.', (rules) => {
    const { syntax } = rules.checks;
    rules.checks.syntax = (call) => {
      const text = call.text.replaceAll(/\\u(?=[\da-f]{4})/gi, '\\\\u');
      const rejection = syntax(Object.assign({}, call, { text }));
      if (rejection === null && call.text !== '' && call.operation !== 'active') call.fields = JSON.parse(text);
      return rejection;
    };
  }),
  fails(
    'answers-shifted-after-a-hang-up',
    'The answer to a caller that hung up in line goes to the next request.',
    (rules) => {
      const { wait, answer } = rules;
      let late = 0;
      rules.wait = async (call, fn) => {
        const instance = await wait(call, fn);
        if (call.hungUp.aborted) late += 1;
        return instance;
      };
      rules.answer = (outcome, call) => {
        if (late === 0 || call.hungUp.aborted) return answer(outcome, call);
        late -= 1;
        return answer({ rejection: rules.refuse.noneFree }, call);
      };
    },
  ),
  fails('refused-keys-shut-out', 'For a tenth of a second after a wrong key the right one is refused too.', (rules) => {
    const { admits } = rules;
    let refusedAt = Number.NEGATIVE_INFINITY;
    rules.admits = (key, call) => {
      if (performance.now() - refusedAt < 100) return false;
      const isGood = admits(key, call);
      if (!isGood && key !== undefined) refusedAt = performance.now();
      return isGood;
    };
  }),
  fails(
    'release-frees-the-same-number',
    'A release in the second function frees the first one’s instance of that number.',
    (rules, reference) => {
      const { release } = rules;
      const [first] = reference.functions;
      rules.release = async (call) => {
        const outcome = await release(call);
        const instance = call.fn?.instances.find(({ id }) => id === call.fields['instance_id']);
        const other = first?.instances[instance?.seed ?? -1];
        if ('data' in outcome && call.fn !== first && other?.token != null) rules.free(other);
        return outcome;
      };
    },
  ),
];
