import { describeReply, group, inferred, Linked, type Scenario } from '../kit/index.ts';

const define = group({
  evidence: 'inferred',
  level: 'lifecycle',
  operations: ['getActiveInstances'],
  needs: ['linked'],
});

const freed = inferred('An instance is released when its answer has ended, or its caller has gone.');

/** Instances of the first two functions that are active, and not held by the case. */
const listed = async (s: Scenario): Promise<readonly string[]> => {
  const lists = [];
  for (const container of s.run.containers.slice(0, 2)) lists.push(Object.keys(await s.active(container)));
  return lists.flat();
};

/** Where no other caller starts any. */
const checkNoneListed = async (s: Scenario): Promise<void> => {
  if (!s.run.isExclusive) return;
  let left: readonly string[] = [];
  await s.until(async () => {
    left = await listed(s);
    return left.length === 0;
  });
  const came = left.length === 0 ? 'an empty list' : left.join(', ');
  s.check(left.length === 0, { ...freed, expected: 'an empty list', came });
};

type Departure = {
  readonly asked: Parameters<Linked['begin']>[0];
  /** It goes once it has seen the beginning of an answer; without that as soon as an instance is seen. */
  readonly isAmidAnswer: boolean;
};

/** The ways of a caller to go before its answer has ended. */
const departures: readonly Departure[] = [
  { asked: { path: '/probe/sleep/20000' }, isAmidAnswer: false },
  { asked: { path: '/probe/hold' }, isAmidAnswer: true },
  {
    asked: { path: '/body', method: 'POST', body: Buffer.alloc(400_000, 'x'), isHalfSent: true },
    isAmidAnswer: true,
  },
];

const depart = async (s: Scenario, { asked, isAmidAnswer }: Departure): Promise<void> => {
  await using http = new Linked(s);
  const call = http.begin(asked);
  const isListed = async (): Promise<boolean> => !isAmidAnswer && (await listed(s)).length > 0;
  await s.until(async () => call.isOver || call.bytes > 0 || (await isListed()));
  // In the midst of what comes then.
  await s.pause(30);
  call.hangUp();
  await checkNoneListed(s);
};

/** Whether all instances can be claimed that there were. */
const checkAllFree = async (s: Scenario, count: number): Promise<void> => {
  const held = await s.claimUpTo(count);
  s.checkCount(held, count, freed);
  await s.giveAllBack(held);
};

const about = (step: number) => ({ step, operation: null });

/** How requests end, and what is left of them. */
export const linkedEnds = [
  define(
    'LINKED-016',
    'A caller that goes before or amid its answer, or amid its own body, ends the run.',
    async (s) => {
      if (!s.run.isExclusive) return s.skip('others may start instances of the function');
      for (const departure of departures) await depart(s, departure);
    },
  ),
  define('LINKED-017', 'Every instance is free again after requests that ended in any way.', {
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const count = await s.countFree();
      for (const departure of departures) {
        await depart(s, departure);
        await checkAllFree(s, count);
      }
      for (const path of ['/whole', '/probe/status/500', '/probe/exit', '/probe/half/1000']) {
        await using http = new Linked(s);
        await http.answerTo(http.begin({ path }));
        await checkAllFree(s, count);
      }
    },
  }),
  define('LINKED-018', 'Where the function ends before it answers, the caller gets an error.', {
    questions: ['linked-exit'],
    run: async (s) => {
      await using http = new Linked(s);
      const { reply, step } = await http.answerTo(http.begin({ path: '/probe/exit' }));
      const status = reply.head?.status ?? null;
      const isError = status === null ? reply.failure === 'broken' : status >= 500;
      const rule = 'A caller whose function ends before it answers gets an error.';
      s.check(isError, {
        rule,
        expected: 'a status 5xx, or no answer',
        came: describeReply(reply),
        about: about(step),
      });
      if (status !== null) s.observe('linked-exit', { status });
      await checkNoneListed(s);
    },
  }),
  define('LINKED-019', 'Half an answer is not passed for a whole one.', async (s) => {
    await using http = new Linked(s);
    const { reply, step } = await http.answerTo(http.begin({ path: '/probe/half/200000' }));
    const isSeen = reply.failure === 'broken' || (reply.head?.status ?? 0) >= 500;
    const rule = 'A caller sees where the function’s answer has broken off.';
    const came = `${describeReply(reply)}, ${reply.body.length} bytes`;
    s.check(isSeen, { rule, expected: 'a broken connection, or a status 5xx', came, about: about(step) });
    await checkNoneListed(s);
  }),
  define('LINKED-020', 'A slow answer is waited for.', async (s) => {
    await using http = new Linked(s);
    const { status, step } = await http.answerTo(http.begin({ path: '/probe/sleep/1500' }));
    s.check(status === 200, {
      rule: 'A slow answer is waited for.',
      expected: '200',
      came: String(status),
      about: about(step),
    });
  }),
  define('LINKED-021', 'A function that listens late is waited for.', {
    needs: ['linked', 'late-host'],
    run: async (s) => {
      const { lateHost = '' } = s.run.linked ?? {};
      await using http = new Linked(s);
      const { status, step } = await http.answerTo(http.begin({ path: '/late', host: lateHost }));
      const rule = 'A request waits until its function listens.';
      s.check(status === 200, { rule, expected: '200', came: String(status), about: about(step) });
    },
  }),
  define('LINKED-022', 'Where the function never listens, the caller gets an error in time.', {
    needs: ['linked', 'silent-host'],
    questions: ['linked-silent'],
    run: async (s) => {
      const { clock, linked } = s.run;
      await using http = new Linked(s);
      const call = http.begin({ path: '/silent', host: linked?.silentHost ?? '' });
      if (!clock.isMovable && !(await s.until(() => call.isOver, longestSilenceMs)))
        return s.skip(`a function may take longer than ${longestSilenceMs / 1_000} s to listen`);
      const { reply, step } = await http.answerTo(call);
      if (!clock.isMovable && reply.failure === 'timeout')
        return s.skip('a function may take longer than --timeout to listen');
      const status = reply.head?.status ?? null;
      const isError = status === null ? reply.failure === 'broken' : status >= 500;
      const rule = 'A caller whose function never listens gets an error.';
      s.check(isError, {
        rule,
        expected: 'a status 5xx, or no answer',
        came: describeReply(reply),
        about: about(step),
      });
      if (status !== null) s.observe('linked-silent', { status });
      await checkNoneListed(s);
    },
  }),
];

const longestSilenceMs = 10_000;
