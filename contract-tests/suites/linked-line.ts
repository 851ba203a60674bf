import {
  describeReply,
  grantedTo,
  type Linked,
  type LinkedCall,
  linkedGroup,
  linkedRules,
  rules,
  type Scenario,
} from '../kit/index.ts';

const define = linkedGroup({
  evidence: 'inferred',
  level: 'disruptive',
  operations: ['claimInstance', 'getActiveInstances'],
});
const { oneLine } = linkedRules;

/** More requests at once than that are not made. */
const mostAtOnce = 16;

/** What a request was answered that waited; a phrase. */
const cameTo = async (http: Linked, call: LinkedCall): Promise<string> => {
  const { instance, reply } = await http.answerTo(call);
  return instance === '' ? describeReply(reply) : instance;
};

/** A request that waits while all instances are claimed; skips where it does not. */
const joinLine = async (s: Scenario, http: Linked, path = '/in-line'): Promise<LinkedCall> => {
  const call = http.begin({ path });
  await s.arrive();
  await s.arrive();
  if (!call.isOver) return call;
  const { instance, reply } = await http.answerTo(call);
  const came = `instance ${instance}, while all are claimed`;
  const rule = s.held.some((one) => one.instance === instance) ? rules.grantedOnce : oneLine;
  s.require(instance === '', { ...rule, expected: 'no answer of a function', came });
  return s.skip(`not judged: a request that was to wait was answered at once, ${describeReply(reply)}`);
};

/** Whether the request comes to be answered, without a move of the clock: its time in line goes on meanwhile. */
const isServed = async (s: Scenario, call: LinkedCall): Promise<boolean> =>
  (await s.until(() => call.isOver)) && (await call.head)?.headers['x-probe-run'] !== undefined;

/** Who is served first of a claim and a request, where the first of them came first. */
const findFirst = async (
  s: Scenario,
  http: Linked,
  isClaimFirst: boolean,
): Promise<'claim' | 'request' | 'neither'> => {
  const [one] = await s.holdTwo();
  // What it gets it keeps, so that the other is not served next.
  const path = '/probe/hold';
  const call = isClaimFirst ? null : await joinLine(s, http, path);
  const waiting = await s.joinLine();
  const request = call ?? (await joinLine(s, http, path));
  await s.giveBack(one);
  await s.until(() => request.bytes > 0 || waiting.isAnswered());
  const first = waiting.isAnswered() ? 'claim' : request.bytes > 0 ? 'request' : 'neither';
  request.hangUp();
  await s.leaveLine([waiting]);
  await s.giveAllBack(s.held);
  return first;
};

/** What claims of the API and requests to a domain have in common. */
export const linkedLine = [
  define('LINKED-023', 'A request gets no claimed instance, and waits until one is free.', async (s, http) => {
    const [one] = await s.holdAll();
    const call = await joinLine(s, http);
    await s.giveBack(one);
    const served = await isServed(s, call);
    const came = served ? await cameTo(http, call) : 'no answer of the function';
    s.check(served, { ...oneLine, expected: 'an answer once an instance is free', came });
  }),
  define('LINKED-024', 'A request for which no instance becomes free is refused.', {
    questions: ['linked-exhausted'],
    run: async (s, http) => {
      await s.holdAll();
      const call = http.begin({ path: '/exhausted' });
      const isAtOnce = await s.until(() => call.isOver, 200);
      const { reply, instance } = await http.answerTo(call);
      if (instance !== '') {
        const isHeld = s.held.some((one) => one.instance === instance);
        s.check(!isHeld, { ...rules.grantedOnce, expected: 'no answer of a claimed instance', came: instance });
        return isHeld ? undefined : s.skip('not judged: an instance became free');
      }
      const status = reply.head?.status ?? null;
      s.check(status !== null && (status >= 500 || status === 429), {
        rule: 'A request for which no instance becomes free gets an error in the end.',
        expected: 'a status 5xx or 429',
        came: describeReply(reply),
      });
      if (status !== null) s.observe('linked-exhausted', { status, behaviour: isAtOnce ? 'at-once' : 'waits' });
    },
  }),
  define('LINKED-025', 'Who came first is served first, a claim or a request.', {
    questions: ['linked-order'],
    run: async (s, http) => {
      const first = [await findFirst(s, http, true), await findFirst(s, http, false)];
      if (first.includes('neither')) return s.skip('not judged: what was released served none');
      const inOrder = first.join() === 'claim,request';
      const behaviour = inOrder
        ? 'first-come-first-served'
        : first[0] === first[1]
          ? `${first[0]}s-first`
          : 'last-first';
      s.observe('linked-order', { behaviour });
    },
  }),
  define(
    'LINKED-026',
    'A claim gets no instance that handles a request, and waits until one is free.',
    async (s, http) => {
      const count = await s.countFree();
      if (count > mostAtOnce) return s.skip(`the function has more than ${mostAtOnce} instances`);
      const runs = await http.hold(count);
      s.checkDistinct(
        runs.map(({ instance }) => instance),
        linkedRules.ownInstance,
      );
      const waiting = s.beginClaim();
      if (await s.until(waiting.isAnswered, Math.min(s.run.settleMs, 500))) {
        const came = await grantedTo(waiting);
        const isAtWork = runs.some(({ instance }) => instance === came);
        const rule = isAtWork ? rules.atWork : oneLine;
        s.require(came === null, {
          ...rule,
          expected: 'no instance while all handle requests',
          came: came ?? 'a refusal',
        });
        return s.skip('not judged: a claim that finds no instance does not wait here');
      }
      runs[0]?.call.hangUp();
      const granted = await s.waitForGrant(waiting);
      s.check(granted.instance !== null, { ...oneLine, expected: 'the instance that is free', came: granted.came });
    },
  ),
  define('LINKED-027', 'A caller that goes while its request waits leaves the line.', async (s, http) => {
    const [one] = await s.holdAll();
    const call = await joinLine(s, http);
    call.hangUp();
    await s.arrive();
    await s.giveBack(one);
    const came = await s.claimOneMore();
    const rule = 'Nothing is reserved for a caller that has gone.';
    s.check(came !== null, { rule, expected: 'the instance that is free', came: came ?? 'no instance' });
  }),
  define('LINKED-028', 'A caller of the API can neither release nor spawn an instance that handles a request.', {
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['releaseInstance', 'spawnInstance'],
    run: async (s, http) => {
      const [run] = await http.hold();
      if (run === undefined) return;
      const held = { container: s.container, instance: run.instance, token: s.freshToken() };
      s.checkRefused(await s.sendRelease(held), rules.releaseNeedsClaim);
      s.checkRefused(await s.sendSpawn(held), rules.spawnNeedsClaim);
      const came = run.call.isOver ? describeReply(await run.call.reply) : 'an answer that goes on';
      s.check(!run.call.isOver, { ...rules.releaseNeedsClaim, expected: 'an answer that goes on', came });
      await s.checkListed(held, 'A refused request changes nothing: the run goes on.');
    },
  }),
];
