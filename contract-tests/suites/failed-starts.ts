import { claim, sendRelease, sendSpawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { expiryMs } from '../kit/claim-tracker.ts';
import { checkListed } from '../kit/listing.ts';
import { claimInTheEnd, countFree } from '../kit/waiting.ts';

/** Processes that cannot be started. */
export const failedStarts: readonly ContractCase[] = [
  {
    id: 'START-001',
    requirement: 'Spawn reports no start where the process cannot start, and the pool loses no instance.',
    evidence: 'documented',
    source: 'spawn',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    run: async (s) => {
      const count = await countFree(s);
      const claimed = await claim(s);
      // Linux gives no process a variable of more than 128 KiB; a scheduler without Linux below may well start it.
      const answer = await sendSpawn(s, claimed, { LARGE: 'x'.repeat(200 * 1024) });
      if (answer.status === 200) {
        if (s.run.endsByItself)
          s.skip('the function ends by itself, and the target starts it with a variable of 200 KiB');
        return await checkListed(s, claimed, { rule: 'Spawn answers 200 once the instance runs.' });
      }
      // Refused before anything was tried, the claim is as it was.
      if (answer.status < 500) await sendRelease(s, claimed);
      // A claim ends after ten seconds; whether it ends with the failure already is the scheduler's choice. So the case
      // no longer holds it, and the scheduler may grant the instance again.
      s.run.holdings.drop(claimed.container, claimed.instance, claimed.token);
      const again = await claimInTheEnd(s, count, expiryMs);
      s.check(again.length === count, {
        rule: 'An instance whose claim is over is available again.',
        expected: `${count} instances`,
        came: String(again.length),
        source: 'lease',
      });
    },
  },
];
