import {
  claimUntil,
  expiryMs,
  group,
  inferred,
  isAlone,
  lapse,
  momentOf,
  noteRun,
  replace,
  spawnAfterLease,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', source: 'lease', level: 'disruptive', operations: ['spawnInstance'] });

const tenSeconds = 'A claim that is not spawned within ten seconds ends.';
/** Nearly the whole lease, with time for the request to arrive; and so much earlier another of the instance began. */
const nearlyMs = 9_250;
const earlierMs = expiryMs - nearlyMs;

/** Leases that began with the case are over before this one. */
const afterOthersMs = 800;

/** The ten seconds. */
export const leases = [
  define('LEASE-001', 'A claim holds for ten seconds, also after earlier claims: after nine it can be spawned.', {
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // The ten seconds of the earlier claim are over when this one is spawned.
      const earlier = await s.claim();
      await s.pass(earlierMs);
      await s.giveBack(earlier);
      const since = s.run.clock.now();
      const claims = await claimUntil(s, ({ instance }) => instance === earlier.instance);
      const claimed = claims.at(-1) ?? (await s.claim());
      const begun = momentOf(s, claimed.answer);
      await s.passUntil(since + nearlyMs);
      const answer = await s.sendSpawn(claimed);
      const spawned = momentOf(s, answer);
      s.checkInTime(since, answer, tenSeconds, '200 after nine seconds');
      if (answer.status === 200) noteRun(s, { claimed: begun, spawned }, await s.sendRelease(claimed));
    },
  }),
  define('LEASE-002', 'A claim that is not spawned ends after its ten seconds, of a second function, too.', {
    questions: ['spawn-after-expiry', 'release-after-expiry'],
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // It has a function for itself, or takes the second: the ends of the first one's leases must not be needed.
      if (!isAlone(s)) await s.pass(afterOthersMs);
      let claimed = await s.claim({ container: s.run.containers.at(-1) ?? s.container });
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) claimed = await replace(s, claimed);
        await s.pass(expiryMs + lagMs);
        const late = await s.sendSpawn(claimed);
        s.checkAnswer(
          late,
          late.status !== 200 || lagMs > 0,
          inferred('A claim ends when its ten seconds are over, without delay.'),
          `a refusal after ${expiryMs / 1_000} s`,
        );
        return late;
      });
      if (answer.status !== 200) lapse(s, claimed);
      s.checkRefused(answer, tenSeconds, 'spawn-after-expiry');
      s.observeAnswer('release-after-expiry', await s.sendRelease(claimed));
    },
  }),
  define('LEASE-005', 'Ten seconds do not end a claim that has been spawned.', {
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await s.claim();
      const begun = momentOf(s, claimed.answer);
      const spawned = momentOf(s, await s.spawn(claimed));
      if (!(await s.isSeenAtWork(claimed))) s.skip('the function ends by itself');
      await s.pass(expiryMs);
      await s.checkListed(claimed, 'The ten seconds are for the spawn; a run has its own time.');
      noteRun(s, { claimed: begun, spawned }, await s.release(claimed));
    },
  }),
];
