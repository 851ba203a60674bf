import { documented, expiryMs, group } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'spawn',
  level: 'disruptive',
  operations: ['claimInstance', 'spawnInstance'],
});

/** Processes that cannot be started. */
export const failedStarts = [
  define(
    'START-001',
    'Spawn reports no start where the process cannot start, and the pool loses no instance.',
    async (s) => {
      const count = await s.countFree();
      const claimed = await s.claim();
      // Linux gives no process a variable of more than 128 KiB; a scheduler without Linux below may well start it.
      const answer = await s.sendSpawn(claimed, { LARGE: 'x'.repeat(200 * 1024) });
      if (answer.status === 200) {
        if (s.run.endsByItself)
          s.skip('the function ends by itself, and the target starts it with a variable of 200 KiB');
        return await s.checkListed(claimed, 'Spawn answers 200 once the instance runs.');
      }
      // Refused before anything was tried, the claim is as it was.
      if (answer.status < 500) await s.sendRelease(claimed);
      // A claim ends after ten seconds; whether it ends with the failure already is the scheduler's choice. So the case
      // no longer holds it, and the scheduler may grant the instance again.
      s.drop(claimed);
      const again = await s.claimInTheEnd(count, expiryMs);
      s.checkCount(again, count, documented('An instance whose claim is over is available again.', 'lease'));
    },
  ),
];
