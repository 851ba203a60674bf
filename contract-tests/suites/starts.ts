import { documented, expiryMs, fieldOf, group, timeOf } from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'spawn',
  level: 'lifecycle',
  operations: ['spawnInstance', 'getActiveInstances'],
});

/** How long a server may take to notice that a connection is closed. */
const noticedMs = 150;

/** When a run begins, and what it does not depend on. */
export const starts = [
  define('SPAWN-014', 'A run does not end with the connection that its spawn came over.', async (s) => {
    const claimed = await s.start();
    const connection = s.reconnect();
    // Where several schedulers share a name, another connection may lead to one that does not have it.
    if (!(await s.isSeenAtWork(claimed))) {
      connection.undo();
      s.skip('not judged: the run has ended by itself, or is not listed over another connection');
    }
    connection.closeFirst();
    await s.pause(noticedMs);
    await s.checkListed(claimed, 'A run lasts until it is released or ends by itself.');
  }),
  define('TIME-003', 'Spawn answers when the instance runs, not before the time of its start that release answers.', {
    evidence: 'inferred',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const { clock } = s.run;
      const askedAt = clock.now();
      const claimed = await s.start();
      const answeredAt = clock.now();
      const isRunning = async (): Promise<boolean> =>
        fieldOf(await s.active(), claimed.instance, 'state', 'current') === 'running';
      if (s.run.endsByItself || !(await s.until(isRunning)))
        s.skip('not judged: it is not seen running, or ends by itself');
      const { data } = await s.sendRelease(claimed);
      const [began, started] = [fieldOf(data, 'claimed'), fieldOf(data, 'spawned')];
      const statedMs = timeOf(started) - timeOf(began);
      if (Number.isNaN(statedMs)) return s.skip('release answers no times here (D2)');
      // Both by the target's clock, between two moments of ours. Whole seconds may be off by one.
      const roundingMs = [began, started].every((time) => /\.\d{2}/.test(String(time))) ? 150 : 1_150;
      s.check(statedMs <= answeredAt - askedAt + roundingMs, {
        rule: 'Spawn answers when the instance runs.',
        expected: `a start within ${Math.round(answeredAt - askedAt)} ms of the claim, as the answer of spawn`,
        came: `one after ${statedMs} ms`,
      });
    },
  }),
];

/** Processes that cannot be started. */
export const failedStarts = [
  define('START-001', 'Spawn reports no start where the process cannot start, and the pool loses no instance.', {
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    run: async (s) => {
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
  }),
];
