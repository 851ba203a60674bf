import { setTimeout as pause } from 'node:timers/promises';
import type { GatewayChange, Passing } from '../reference/gateway-rules.ts';
import type { Instance } from '../reference/rules.ts';
import { type Expectation, gatewayMutant, type Mutant } from './mutant.ts';

const mutant =
  (expect: Expectation) =>
  (name: string, description: string, change: GatewayChange): Mutant =>
    gatewayMutant(expect, `linked-${name}`, description, change);
const fails = mutant('fail');
const warns = mutant('warn');
const notes = mutant('info');

/** Does not release where that says so. */
const keeping =
  (isKept: (passing: Passing) => boolean): GatewayChange =>
  ({ release }) => ({
    release: async (passing) => {
      if (!isKept(passing)) await release(passing);
    },
  });

/** What gateways get wrong about instances: whose they are, and until when. */
export const linkedEndMutants: readonly Mutant[] = [
  fails('shares-instances', 'A request goes to an instance that handles another.', ({ serve, reach, pass }) => {
    const running = new Map<string, Passing>();
    return {
      serve: async (passing) => {
        const other = running.get(passing.fn.id);
        if (other === undefined) {
          running.set(passing.fn.id, passing);
          return await serve(passing).finally(() => running.delete(passing.fn.id));
        }
        while (other.probe?.port == null && running.get(passing.fn.id) === other) await pause(2);
        const { instance, probe, token } = other;
        const socket = await reach({ ...passing, instance, probe, token });
        if (typeof socket !== 'string') await pass({ ...passing, instance, probe }, socket);
      },
    };
  }),
  fails('keeps-instances-warm', 'An instance serves the next request as well.', ({ serve, reach, pass, release }) => {
    const warm = new Map<string, Passing>();
    return {
      release: async (passing) => {
        if (passing.gone.aborted && !passing.response.writableFinished) return await release(passing);
        warm.set(passing.fn.id, passing);
        setTimeout(() => {
          warm.delete(passing.fn.id);
          void release(passing);
        }, 150);
      },
      serve: async (passing) => {
        const { instance, probe, token } = warm.get(passing.fn.id) ?? {};
        if (instance?.run == null || probe?.port == null || token === undefined) return await serve(passing);
        const socket = await reach({ ...passing, instance, probe, token });
        if (typeof socket !== 'string') await pass({ ...passing, instance, probe }, socket);
      },
    };
  }),
  fails('releases-early', 'An instance is free before its answer has ended.', ({ toCaller }, reference) => ({
    toCaller: (raw, passing) => {
      if (passing.instance !== null) reference.rules.free(passing.instance);
      return toCaller(raw, passing);
    },
  })),
  warns(
    'keeps-after-hang-ups',
    'A caller that goes leaves its instance taken.',
    keeping(({ gone, response }) => gone.aborted && !response.writableFinished),
  ),
  warns(
    'keeps-after-hang-ups-in-answers',
    'A caller that goes amid its answer leaves its instance taken.',
    keeping(({ gone, response }) => gone.aborted && response.headersSent && !response.writableFinished),
  ),
  warns(
    'keeps-after-hang-ups-in-bodies',
    'A caller that goes amid its own body leaves its instance taken.',
    keeping(({ gone, request }) => gone.aborted && !request.complete),
  ),
  warns(
    'keeps-after-half-answers',
    'A function that breaks off its answer leaves its instance taken.',
    keeping(({ request, instance, token }) => {
      const isMeant = request.url?.startsWith('/probe/half') === true;
      if (isMeant && instance !== null && instance.token === null)
        instance.fn.free.splice(instance.fn.free.indexOf(instance), 1);
      return isMeant && instance?.token === token;
    }),
  ),
  fails(
    'never-releases',
    'Instances stay taken.',
    keeping(() => true),
  ),
  warns('stays-in-line', 'A caller that has gone stays in line, and is granted what comes.', ({ claim, release }) => ({
    claim: (passing) => claim({ ...passing, gone: new AbortController().signal }),
    release: async (passing) => {
      if (passing.gone.aborted && passing.instance?.run === null) await pause(700);
      await release(passing);
    },
  })),
  warns('jumps-the-line', 'A request is served before the claims that wait.', ({ claim }) => ({
    claim: (passing) => {
      const claiming = claim(passing);
      setImmediate(() => {
        const { line } = passing.fn;
        const at = line.findIndex(({ token }) => token === passing.token);
        if (at > 0) line.unshift(...line.splice(at, 1));
      });
      return claiming;
    },
  })),
  fails('takes-claimed-instances', 'A request gets an instance that is claimed.', ({ claim }, reference) => ({
    claim: async (passing) => {
      const { fn } = passing;
      const taken = fn.free.length > 0 ? undefined : fn.instances.find(({ run }) => run === null);
      if (taken === undefined) return await claim(passing);
      reference.rules.take(taken, passing.token);
      return taken;
    },
  })),
  warns('has-instances-of-its-own', 'Requests are served by instances beside the pool.', (_rules, reference) => {
    const ownOf = ({ fn }: Passing): Instance => ({
      ...{
        id: `65a0000000000000000${Math.floor(Math.random() * 0xfffff)
          .toString(16)
          .padStart(5, '0')}`,
        seed: 0,
        fn,
      },
      ...{ token: null, claimedAt: 0, spawnedAt: null, lease: null, run: null, stopping: false, pastToken: null },
    });
    return {
      claim: (passing) => {
        const own = ownOf(passing);
        passing.fn.instances.push(own);
        reference.rules.take(own, passing.token);
        return Promise.resolve(own);
      },
      release: async (passing) => {
        passing.probe?.close();
        const { fn, instance } = passing;
        if (instance === null) return;
        instance.lease?.cancel();
        fn.instances.splice(fn.instances.indexOf(instance), 1);
        await Promise.resolve();
      },
    };
  }),
  fails('hides-its-runs', 'Instances that handle requests are in no list.', (_rules, { rules }) => {
    const { isActive } = rules;
    rules.isActive = (instance) => isActive(instance) && !String(instance.token).startsWith('gateway-');
    return {};
  }),
  warns(
    'lets-callers-wait',
    'A request for which no instance becomes free is never answered.',
    ({ answerRefusal }) => ({
      answerRefusal: (passing, why) => {
        if (why !== 'noneFree') answerRefusal(passing, why);
      },
    }),
  ),
  warns('exhausted-as-200', 'A request for which no instance becomes free is answered 200.', ({ refuse }) => ({
    refuse: { ...refuse, noneFree: { status: 200, body: 'sorry\n' } },
  })),
  notes('exhausted-as-504', 'A request for which no instance becomes free is answered 504.', ({ refuse }) => ({
    refuse: { ...refuse, noneFree: { status: 504, body: 'sorry\n' } },
  })),
  warns(
    'does-not-wait-for-listeners',
    'A function that does not listen within 100 ms is given up.',
    (_rules, { clock }) => {
      const soonMs = 100;
      return {
        reach: async ({ probe, instance, token }) => {
          const giveUpAt = performance.now() + soonMs;
          while (probe?.port == null && performance.now() < giveUpAt) await pause(5);
          void clock;
          if (instance?.token !== token || probe?.port == null) return 'silent';
          const { connect } = await import('node:net');
          const socket = connect(probe.port, '127.0.0.1');
          return await new Promise((resolve) =>
            socket.once('connect', () => resolve(socket)).once('error', () => resolve('silent')),
          );
        },
      };
    },
  ),
  warns('waits-for-silent-functions', 'A function that never listens is waited for without end.', {
    reachMs: Number.POSITIVE_INFINITY,
  }),
  warns('dead-as-200', 'A function that ends before it answers is answered 200.', ({ refuse }) => ({
    refuse: { ...refuse, ended: { status: 200, body: '' } },
  })),
  notes('dead-as-503', 'A function that ends before it answers is answered 503.', ({ refuse }) => ({
    refuse: { ...refuse, ended: { status: 503, body: 'ended\n' } },
  })),
  warns('half-as-whole', 'Half an answer is ended as if it were whole.', ({ toCaller }) => ({
    toCaller: (raw, passing) =>
      toCaller(raw, passing).filter((_one, at, all) => !/^content-length$/i.test(all[at - (at % 2)] ?? '')),
    breakOff: ({ response }) => void response.end(),
  })),
  warns('slow-as-504', 'An answer that takes longer than a second is given up.', ({ pass, answerRefusal }) => ({
    pass: async (passing, socket) => {
      const timer = setTimeout(() => {
        if (passing.response.headersSent || passing.upgrade !== null) return;
        answerRefusal(passing, 'silent');
        socket.destroy();
      }, 1_000);
      await pass(passing, socket).finally(() => clearTimeout(timer));
    },
  })),
  warns(
    'frees-changed-connections',
    'An instance is free once its connection has changed protocols.',
    ({ changeProtocol }, { rules }) => ({
      changeProtocol: (passing, socket, early) => {
        changeProtocol(passing, socket, early);
        if (passing.instance !== null) rules.free(passing.instance);
      },
    }),
  ),
  fails(
    'lets-anyone-release',
    'A caller of the API can release an instance that handles a request.',
    (_rules, { rules }) => {
      const { holds } = rules;
      rules.holds = (instance, token, call) =>
        String(instance.token).startsWith('gateway-') || holds(instance, token, call);
      return {};
    },
  ),
];
