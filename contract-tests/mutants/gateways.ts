import type { Fn, Instance, Outcome } from '../reference/rules.ts';
import { fails, type Mutant, warns } from './mutant.ts';

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15));

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What happens while other things happen, and what stands between callers and schedulers. */
export const concurrencyMutants: readonly Mutant[] = [
  fails(
    'gateway-remembers-releases',
    'A gateway answers a release whose token was released before from its memory.',
    (rules) => {
      const { release } = rules;
      const known = new Map<string, Outcome>();
      rules.release = async (call) => {
        const name = `${call.fields['token']} ${call.fields['instance_id']}`;
        const earlier = known.get(name);
        if (earlier !== undefined) return earlier;
        const outcome = await release(call);
        if ('data' in outcome) known.set(name, outcome);
        return outcome;
      };
    },
  ),
  fails('gateway-remembers-spawns', 'A gateway answers a spawn with the same body from its memory.', (rules) => {
    const { spawn } = rules;
    const known = new Map<string, Outcome>();
    rules.spawn = async (call) => {
      const earlier = known.get(call.text);
      if (earlier !== undefined) return earlier;
      const outcome = await spawn(call);
      if ('data' in outcome) known.set(call.text, outcome);
      return outcome;
    };
  }),
  warns('gateway-takes-tokens-once', 'A token that was used for a claim is refused ever after.', (rules) => {
    const { claim } = rules;
    const used = new Set<unknown>();
    rules.claim = (call) => {
      const { token } = call.fields;
      if (used.has(token))
        return Promise.resolve({ rejection: { status: 409, code: '409.duplicate-found', title: 'Used' } });
      used.add(token);
      return claim(call);
    };
  }),
  warns(
    'gateway-repeats-waiting-claims',
    'A gateway sends a claim that waits for a tenth of a second once more.',
    (rules) => {
      const { claim } = rules;
      rules.claim = async (call) => {
        const first = claim(call);
        const isWaiting = await Promise.race([first.then(() => false), later(100).then(() => true)]);
        if (isWaiting) void claim({ ...call, hungUp: new AbortController().signal });
        return await first;
      };
    },
  ),
  warns('gateway-joins-equal-claims', 'Claims of one token that wait at the same time are one request.', (rules) => {
    const { wait } = rules;
    const waiting = new Map<string, Promise<Instance | null>>();
    rules.wait = (call, fn) => {
      const name = `${fn.id} ${call.fields['token']}`;
      const joined = waiting.get(name) ?? wait(call, fn).finally(() => waiting.delete(name));
      waiting.set(name, joined);
      return joined;
    };
  }),
  fails(
    'active-empty-every-fifth-time',
    'Every fifth list of active instances comes from a replica that knows none.',
    (rules) => {
      const { active } = rules;
      let count = 0;
      rules.active = (fn) => {
        count += 1;
        return count % 5 === 0 ? {} : active(fn);
      };
    },
  ),
  fails(
    'active-fails-during-starts',
    'While an instance is being started the list of active ones is an error.',
    (rules) => {
      const { start, answer } = rules;
      let starting = 0;
      rules.start = async (instance, environment) => {
        starting += 1;
        await soon();
        await start(instance, environment);
        starting -= 1;
      };
      rules.answer = (outcome, call) =>
        answer(starting > 0 && call.operation === 'active' ? { rejection: rules.refuse.failed } : outcome, call);
    },
  ),
  fails(
    'release-during-start-leaves-a-run',
    'A release during the start gives the instance back, and then it runs.',
    (rules) => {
      const { start } = rules;
      rules.start = async (instance, environment) => {
        await soon();
        await start(instance, environment);
      };
    },
  ),
  fails(
    'release-during-start-loses-the-instance',
    'An instance that is released during its start is never available again.',
    (rules) => {
      const { start, free } = rules;
      const starting = new Set<Instance>();
      rules.start = async (instance, environment) => {
        starting.add(instance);
        await soon();
        starting.delete(instance);
        if (instance.token !== null) await start(instance, environment);
      };
      rules.free = (instance) => {
        if (!starting.has(instance)) return free(instance);
        instance.token = null;
      };
    },
  ),
  fails(
    'starts-at-once-share-variables',
    'Of three and more starts at the same moment all get the last one’s variables.',
    (rules) => {
      const { start } = rules;
      const starting: Readonly<Record<string, string>>[] = [];
      rules.start = async (instance, environment) => {
        starting.push(environment);
        await soon();
        const last = starting.length > 2 ? starting.at(-1) : environment;
        await later(5);
        starting.length = 0;
        const own = Object.entries(environment).filter(([name]) => /^(PROBE|CYCLE)_/.test(name));
        await start(instance, { ...last, ...Object.fromEntries(own) });
      };
    },
  ),
  fails('every-twentieth-claim-twice', 'Every twentieth claim grants what another holds.', (rules) => {
    const { claim } = rules;
    let count = 0;
    rules.claim = async (call) => {
      count += 1;
      const held = call.fn?.instances.find(({ token, spawnedAt }) => token !== null && spawnedAt === null);
      return count % 20 < 5 && held ? { data: rules.claimed(held, String(call.fields['token'])) } : await claim(call);
    };
  }),
  fails('functions-share-tokens', 'A release ends what its token holds in any function.', (rules, reference) => {
    const { release } = rules;
    rules.release = async (call) => {
      const outcome = await release(call);
      for (const instance of reference.functions.flatMap(({ instances }) => instances)) {
        if (!('data' in outcome) || instance.fn === call.fn || instance.token !== call.fields['token']) continue;
        await rules.stop(instance);
        rules.free(instance);
      }
      return outcome;
    };
  }),
  fails(
    'functions-share-their-limit',
    'While all instances of one function are taken, claims of others wait.',
    (rules, reference) => {
      const { pick } = rules;
      rules.pick = (fn) => {
        const isFull = (other: Fn) => other !== fn && other.instances.every(({ token }) => token !== null);
        return reference.functions.some(isFull) ? undefined : pick(fn);
      };
    },
  ),
  fails(
    'functions-share-their-line',
    'While claims of one function wait in line, those of others get behind them.',
    (rules, reference) => {
      const { pick, nextInLine } = rules;
      let isServing = false;
      rules.pick = (fn) =>
        !isServing && reference.functions.some(({ line }) => line.length > 0) ? undefined : pick(fn);
      rules.nextInLine = (line) => {
        isServing = true;
        setImmediate(() => {
          isServing = false;
        });
        return nextInLine([...line]);
      };
    },
  ),
];
