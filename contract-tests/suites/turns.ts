import {
  type Claim,
  claimFreshShare,
  describe,
  group,
  leaseMs,
  type Pending,
  Postponed,
  rules,
  type Scenario,
  toClaim,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'lease',
  level: 'disruptive',
  operations: ['claimInstance', 'releaseInstance', 'spawnInstance'],
});

/** What a waiting claim was granted; skips where it was refused. */
const grantOf = async (s: Scenario, waiting: Pending): Promise<Claim> => {
  const { came } = await s.waitForGrant(waiting);
  const claimed = toClaim(s.container, waiting.token, await waiting.reply);
  return claimed ?? s.skip(`not judged: the claim in line was to be granted what was released, and got ${came}`);
};

/** What a waiting claim got, once something has become free. */
const checkServed = async (s: Scenario, waiting: Pending, rule: string): Promise<string | null> => {
  const { instance, came } = await s.waitForGrant(waiting);
  s.check(instance !== null, { rule, expected: 'the instance', came, evidence: 'inferred' });
  return instance;
};

/** When a lease is over, a claim in line is served within that; later, another case may have given something back. */
const promptlyMs = 450;

/** What happens at the turn of one claim to the next. */
export const turns = [
  define(
    'TURN-001',
    'Waiting claims are granted what is released and what has run out, and have their ten seconds from then on.',
    {
      waits: { instances: 2, takesRest: true },
      run: async (s) => {
        const [first, ...others] = await claimFreshShare(s);
        if (first === undefined || others.length === 0) return s.skip('the function has fewer than two instances');
        const heldSince = s.run.clock.now();
        const isBesideOthers = s.run.running.size > 1;
        const early = await s.joinLine();
        await s.pass(800);
        const givenBackAt = s.run.clock.now();
        await s.giveBack(first);
        const granted = await grantOf(s, early);
        // The others were claimed 900 ms and more before: their time is over soon, and that of the granted one is not.
        await s.passUntil(givenBackAt + 8_400);
        const joinedAt = s.run.clock.now();
        const late = await s.joinLine();
        // In steps, so that the suite dates the grant well.
        for (let ms = 8_600; ms < 9_500; ms += 200) await s.passUntil(givenBackAt + ms);
        await s.passUntil(givenBackAt + 9_500);
        const answer = await s.sendSpawn(granted);
        s.checkInTime(givenBackAt, answer, 'A claim lasts for ten seconds from its grant.');
        await checkServed(s, late, 'An instance whose claim has ended is available, to those in line as well.');
        const servedAt = joinedAt + (await late.reply).durationMs;
        const isPrompt = servedAt - heldSince < leaseMs + promptlyMs;
        if (isBesideOthers && !isPrompt) throw new Postponed('other cases gave instances back meanwhile');
      },
    },
  ),
  define('TURN-002', 'A waiting claim is granted the instance of a function that has ended by itself.', {
    evidence: 'inferred',
    operations: ['claimInstance', 'spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const [first, ...others] = await claimFreshShare(s);
      if (first === undefined) return s.skip('there is no instance');
      for (const other of others) await s.spawn(other);
      await s.spawnProbe(first, { PROBE_RUN_MS: '600' });
      const waiting = await s.joinLine();
      await s.pass(700);
      const rule = 'An instance whose run has ended is available, to those in line as well.';
      const instance = await checkServed(s, waiting, rule);
      // Granted again, it is held under the new token alone.
      if (instance === first.instance) s.run.holdings.drop(first.container, instance, first.token);
    },
  }),
  define('TURN-003', 'However often a run is released at the same moment, its instance is available once.', {
    source: 'release',
    operations: ['claimInstance', 'releaseInstance'],
    run: async (s) => {
      if (s.run.endsByItself) s.skip('the function ends by itself');
      const count = await s.countFree();
      const claimed = await s.start();
      const answers = await Promise.all([s.sendRelease(claimed), s.sendRelease(claimed), s.sendRelease(claimed)]);
      s.check(
        answers.some(({ status }) => status === 200),
        {
          rule: rules.releases.rule,
          expected: 'one 200 at least',
          came: answers.map(describe).join(', '),
        },
      );
      const again = (await s.claimUpTo(count)).map(({ instance }) => instance);
      // None is free now: what comes is there twice.
      const surplus = await s.claimOneMore();
      const all = surplus === null ? again : [...again, surplus];
      s.checkDistinct(all, rules.grantedOnce);
    },
  }),
];
