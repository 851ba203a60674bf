import { claim, giveBack, release, sendRelease, sendSpawn, spawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { expiryMs } from '../kit/claim-tracker.ts';
import { lapse, replace, spawnAfterLease } from '../kit/lease-end.ts';
import { checkListed, isSeenAtWork } from '../kit/listing.ts';
import { checkInTime, checkRefused, observeAnswer } from '../kit/observations.ts';
import { describe } from '../kit/requests.ts';
import { claimUntil, isAlone } from '../kit/side-by-side.ts';
import { momentOf, noteRun } from '../kit/timed-run.ts';

const tenSeconds = 'A claim that is not spawned within ten seconds ends.';
/** Nearly the whole lease, with time for the request to arrive; and so much earlier another of the instance began. */
const nearlyMs = 9_250;
const earlierMs = expiryMs - nearlyMs;

/** Leases that began with the case are over before this one. */
const afterOthersMs = 800;

/** The ten seconds. */
export const leases: readonly ContractCase[] = [
  {
    id: 'LEASE-001',
    requirement: 'A claim holds for ten seconds, also after earlier claims: after nine it can be spawned.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // The ten seconds of the earlier claim are over when this one is spawned.
      const earlier = await claim(s);
      await s.pass(earlierMs);
      await giveBack(s, earlier);
      const since = s.run.clock.now();
      const claims = await claimUntil(s, ({ instance }) => instance === earlier.instance);
      const claimed = claims.at(-1) ?? (await claim(s));
      const begun = momentOf(s, claimed.answer);
      await s.passUntil(since + nearlyMs);
      const answer = await sendSpawn(s, claimed);
      const spawned = momentOf(s, answer);
      checkInTime(s, since, answer, tenSeconds, '200 after nine seconds');
      if (answer.status === 200) noteRun(s, { claimed: begun, spawned }, await sendRelease(s, claimed));
    },
  },
  {
    id: 'LEASE-002',
    requirement: 'A claim that is not spawned ends after its ten seconds, of a second function, too.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance'],
    questions: ['spawn-after-expiry', 'release-after-expiry'],
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // It has a function for itself, or takes the second: the ends of the first one's leases must not be needed.
      if (!isAlone(s)) await s.pass(afterOthersMs);
      let claimed = await claim(s, { container: s.run.containers.at(-1) ?? s.container });
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) claimed = await replace(s, claimed);
        await s.pass(expiryMs + lagMs);
        const late = await sendSpawn(s, claimed);
        s.check(late.status !== 200 || lagMs > 0, {
          rule: 'A claim ends when its ten seconds are over, without delay.',
          expected: `a refusal after ${expiryMs / 1_000} s`,
          came: describe(late),
          evidence: 'inferred',
          about: late,
        });
        return late;
      });
      if (answer.status !== 200) lapse(s, claimed);
      checkRefused(s, answer, tenSeconds, 'spawn-after-expiry');
      observeAnswer(s, 'release-after-expiry', await sendRelease(s, claimed));
    },
  },
  {
    id: 'LEASE-005',
    requirement: 'Ten seconds do not end a claim that has been spawned.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await claim(s);
      const begun = momentOf(s, claimed.answer);
      const spawned = momentOf(s, await spawn(s, claimed));
      if (!(await isSeenAtWork(s, claimed))) s.skip('the function ends by itself');
      await s.pass(expiryMs);
      await checkListed(s, claimed, { rule: 'The ten seconds are for the spawn; a run has its own time.' });
      noteRun(s, { claimed: begun, spawned }, await release(s, claimed));
    },
  },
];
