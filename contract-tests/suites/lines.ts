import {
  apartMs,
  describe,
  documented,
  group,
  type Held,
  instanceOf,
  operationNames,
  type Pending,
  type Scenario,
  unknownId,
  unknownKey,
} from '../kit/index.ts';

const define = group({ evidence: 'inferred', level: 'disruptive', operations: ['claimInstance', 'releaseInstance'] });

/** How much nearer or further the ends of two waits may be than their beginnings. */
const toleranceMs = 400;
/** Waits in line may be as short as a second. */
const longestLateMs = 300;
/** Longer lines are not waited out. */
const longestWaitMs = 6_500;

const grantOf = async (waiting: Pending): Promise<string> => {
  if (!waiting.isAnswered()) return 'no answer';
  const reply = await waiting.reply;
  if (reply.failure !== undefined) return reply.reason;
  return instanceOf(reply) ?? describe(reply);
};

const isInstance = (came: string): boolean => /^[0-9a-f]{24}$/i.test(came);

/** Each of the claims in line has an instance of its own, once as many have become free. */
const checkAllServed = async (s: Scenario, waiting: readonly Pending[], rule: string): Promise<void> => {
  await s.until(() => waiting.every((one) => one.isAnswered()));
  const came = await Promise.all(waiting.map(grantOf));
  s.check(came.every(isInstance) && new Set(came).size === came.length, {
    rule,
    expected: `${waiting.length} instances for ${waiting.length} claims`,
    came: came.join(', '),
  });
  await s.leaveLine(waiting);
};

/** Whether a second claim under a token is granted another instance where one is free. */
const getsAnother = async (s: Scenario): Promise<boolean> => {
  const first = await s.claim();
  const { token } = first;
  const again = instanceOf(await s.send({ operation: 'claimInstance', body: { token } }));
  const isAnother = again !== null && again !== first.instance;
  if (isAnother) await s.giveBack({ ...first, instance: again });
  await s.giveBack(first);
  return isAnother;
};

/** Whether two claims in line were granted the same instance. */
const areTheSame = async (s: Scenario, waiting: readonly Pending[]): Promise<boolean> => {
  await s.until(() => waiting.every((one) => one.isAnswered()));
  const [one = '', other] = await Promise.all(waiting.map(grantOf));
  return isInstance(one) && one === other;
};

/** What the case holds of that which claims in line were granted. */
const heldByLine = async (s: Scenario, waiting: readonly Pending[]): Promise<readonly Held[]> => {
  const granted = await Promise.all(waiting.map(async ({ reply }) => instanceOf(await reply)));
  return s.held.filter(({ instance }) => granted.includes(instance));
};

const keyNeeded = documented(
  'Every operation requires an access key that the scheduler knows, also while a claim waits in line.',
  'accessKey',
);

/** Requests that have nothing to do with the line. Those without a good key are refused, also while a claim waits. */
const disturb = async (s: Scenario): Promise<void> => {
  await s.active();
  const body = { token: s.freshToken(), instance_id: unknownId() };
  await s.send({ operation: 'claimInstance', body: {} });
  await s.send({ operation: 'claimInstance', body: '{"token":' });
  await s.send({ operation: 'spawnInstance', body });
  await s.send({ operation: 'releaseInstance', body });
  for (const operation of operationNames) {
    const asked = { operation, key: unknownKey, ...(operation === 'getActiveInstances' ? {} : { body }) };
    s.checkRefused(await s.send(asked), keyNeeded);
  }
};

/** How long after each other two claims are refused that join the line one after the other. Skips where they are not. */
const measureApart = async (s: Scenario): Promise<number> => {
  const { clock } = s.run;
  const ends = new Map<Pending, number>();
  const begunAt = clock.now();
  const first = await s.joinLine();
  await s.pass(apartMs);
  const askedAt = clock.now();
  const second = await s.joinLine();
  const note = (): void => {
    for (const waiting of [first, second]) {
      if (waiting.isAnswered() && !ends.has(waiting)) ends.set(waiting, clock.now());
    }
  };
  while (ends.size < 2 && clock.now() - begunAt < longestWaitMs) {
    await s.pass(50);
    if (clock.isMovable) await s.until(() => false, 4);
    note();
  }
  await s.leaveLine([first, second]);
  const [firstEnd, secondEnd] = [ends.get(first), ends.get(second)];
  if (firstEnd === undefined || secondEnd === undefined) return s.skip('claims wait for longer than this case does');
  if ([await grantOf(first), await grantOf(second)].some(isInstance)) return s.skip('an instance became free');
  // Of this machine’s making is by how much the second came late.
  return secondEnd - firstEnd - (askedAt - begunAt - apartMs);
};

const isNear = (ms: number): boolean => Math.abs(ms - apartMs) < toleranceMs;

/** The waiting line, and what must not matter to it. */
export const lines = [
  define('LINE-004', 'Each claim in line waits for its own time, and nothing is kept for it afterwards.', async (s) => {
    const [one] = await s.holdAll();
    // The case that has counted the instances has waited in line already.
    const known = s.run.apart.get(s.container);
    const found = known === undefined || !isNear(known) ? [] : [known];
    // Again where it was off: this machine may have been slow, and a scheduler is wrong each time.
    while (found.length < 3 && !found.some(isNear)) {
      if (found.length > 0) {
        await s.giveAllBack(s.held);
        await s.holdAll();
      }
      found.push(await measureApart(s));
    }
    s.check(found.some(isNear), {
      rule: 'A claim waits no longer than max_queue_time, and no shorter, whether or not others are in line.',
      expected: `two waits that end about ${apartMs} ms apart, as they began`,
      came: found.map((ms) => `${Math.round(ms)} ms`).join(', '),
    });
    const [held = one] = s.held;
    await s.giveBack(held);
    const next = s.beginClaim();
    await checkAllServed(
      s,
      [next],
      'An instance is granted to a claim that waits, and kept for none that was refused.',
    );
  }),
  define(
    'LINE-005',
    'As many claims in line are served as instances become free, also at the same moment.',
    async (s) => {
      const token = s.freshToken();
      for (const tokens of [
        [s.freshToken(), s.freshToken()],
        [token, token],
      ]) {
        // Once there are two instances.
        const hasAnother = tokens[0] === tokens[1] && (await getsAnother(s));
        const held = await s.holdTwo();
        const waiting: Pending[] = [];
        for (const each of tokens) waiting.push(await s.joinLine(each));
        await Promise.all(held.slice(0, 2).map((one) => s.giveBack(one)));
        // Where a token gets no second instance both may have the same: that is one claim, asked for twice.
        const isOneClaim = tokens[0] === tokens[1] && !hasAnother && (await areTheSame(s, waiting));
        if (!isOneClaim) {
          await checkAllServed(s, waiting, 'Each instance that becomes free is granted to a claim in line.');
        }
        await s.giveAllBack(await heldByLine(s, waiting));
        await s.giveAllBack(held.slice(2));
      }
    },
  ),
  define(
    'LINE-006',
    'A claim in line keeps its place while other requests come and another caller hangs up.',
    async (s) => {
      const held = await s.holdTwo();
      const { clock } = s.run;
      const lateBefore = clock.lateMs();
      const first = await s.joinLine();
      const gone = await s.joinLine();
      const last = await s.joinLine();
      await disturb(s);
      const rule = 'What has nothing to do with the line ends no wait in it.';
      const came = await Promise.all([first, gone, last].map(grantOf));
      // Their time in line may be over then.
      const isLate = clock.lateMs() - lateBefore >= longestLateMs;
      if (isLate && came.some((one) => one !== 'no answer')) s.skip('this machine was too slow to ask while they wait');
      s.check(
        came.every((one) => one === 'no answer'),
        { rule, expected: 'three claims in line', came: `answers: ${came.join(', ')}` },
      );
      await s.leaveLine([gone]);
      await Promise.all(held.slice(0, 2).map((one) => s.giveBack(one)));
      await checkAllServed(s, [first, last], 'Who hangs up leaves the line, and all others stay in it.');
    },
  ),
];
