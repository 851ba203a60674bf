import {
  describeReply,
  Linked,
  linkedGroup,
  linkedRules,
  type ProbeAnswer,
  type QuestionName,
  type Scenario,
} from '../kit/index.ts';

const define = linkedGroup({ evidence: 'inferred' });
const { freed } = linkedRules;

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

/** The caller gets an error: a status, or a connection that breaks. */
const checkError = (s: Scenario, answer: ProbeAnswer, rule: string, question: QuestionName): void => {
  const { reply } = answer;
  const status = reply.head?.status ?? null;
  const isError = status === null ? reply.failure === 'broken' : status >= 500;
  s.check(isError, { rule, expected: 'a status 5xx, or no answer', came: describeReply(reply), about: answer });
  if (status !== null) s.observe(question, { status });
};

/** The answer is the function's, however long it takes. */
const checkWaitedFor = (s: Scenario, answer: ProbeAnswer, rule: string): void =>
  void s.check(answer.status === 200, { rule, expected: '200', came: String(answer.status), about: answer });

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
    run: async (s, http) => {
      const answer = await http.answerTo(http.begin({ path: '/probe/exit' }));
      checkError(s, answer, 'A caller whose function ends before it answers gets an error.', 'linked-exit');
      await checkNoneListed(s);
    },
  }),
  define('LINKED-019', 'Half an answer is not passed for a whole one.', async (s, http) => {
    const answer = await http.answerTo(http.begin({ path: '/probe/half/200000' }));
    const { reply } = answer;
    const isSeen = reply.failure === 'broken' || (reply.head?.status ?? 0) >= 500;
    const rule = 'A caller sees where the function’s answer has broken off.';
    const came = `${describeReply(reply)}, ${reply.body.length} bytes`;
    s.check(isSeen, { rule, expected: 'a broken connection, or a status 5xx', came, about: answer });
    await checkNoneListed(s);
  }),
  define('LINKED-020', 'A slow answer is waited for.', async (s, http) => {
    const answer = await http.answerTo(http.begin({ path: '/probe/sleep/1500' }));
    checkWaitedFor(s, answer, 'A slow answer is waited for.');
  }),
  define('LINKED-021', 'A function that listens late is waited for.', {
    needs: ['linked', 'late-host'],
    run: async (s, http) => {
      const answer = await http.answerTo(http.begin({ path: '/late', host: s.run.linked?.lateHost ?? '' }));
      checkWaitedFor(s, answer, 'A request waits until its function listens.');
    },
  }),
  define('LINKED-022', 'Where the function never listens, the caller gets an error in time.', {
    needs: ['linked', 'silent-host'],
    questions: ['linked-silent'],
    run: async (s, http) => {
      const { clock, linked } = s.run;
      const call = http.begin({ path: '/silent', host: linked?.silentHost ?? '' });
      if (!clock.isMovable && !(await s.until(() => call.isOver, longestSilenceMs)))
        return s.skip(`a function may take longer than ${longestSilenceMs / 1_000} s to listen`);
      const answer = await http.answerTo(call);
      if (!clock.isMovable && answer.reply.failure === 'timeout')
        return s.skip('a function may take longer than --timeout to listen');
      checkError(s, answer, 'A caller whose function never listens gets an error.', 'linked-silent');
      await checkNoneListed(s);
    },
  }),
];

const longestSilenceMs = 10_000;
