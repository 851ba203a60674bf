import { active, claim, sendRelease, spawn } from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkListed, isSeenAtWork } from '../kit/listing.ts';
import { fieldOf, timeOf } from '../model/json.ts';

/** How long a server may take to notice that a connection is closed. */
const noticedMs = 150;

/** When a run begins, and what it does not depend on. */
export const starts: readonly ContractCase[] = [
  {
    id: 'SPAWN-014',
    requirement: 'A run does not end with the connection that its spawn came over.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance', 'getActiveInstances'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      const connection = s.reconnect();
      // Where several schedulers share a name, another connection may lead to one that does not have it.
      if (!(await isSeenAtWork(s, claimed))) {
        connection.undo();
        s.skip('not judged: the run has ended by itself, or is not listed over another connection');
      }
      connection.closeFirst();
      await s.run.clock.pause(noticedMs, s.run.signal);
      await checkListed(s, claimed, { rule: 'A run lasts until it is released or ends by itself.' });
    },
  },
  {
    id: 'TIME-003',
    requirement: 'Spawn answers when the instance runs, not before the time of its start that release answers.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const { clock } = s.run;
      const askedAt = clock.now();
      const claimed = await claim(s);
      await spawn(s, claimed);
      const answeredAt = clock.now();
      const isRunning = async (): Promise<boolean> =>
        fieldOf(await active(s), claimed.instance, 'state', 'current') === 'running';
      if (s.run.endsByItself || !(await s.until(isRunning)))
        s.skip('not judged: it is not seen running, or ends by itself');
      const { data } = await sendRelease(s, claimed);
      const [began, started] = [fieldOf(data, 'claimed'), fieldOf(data, 'spawned')];
      const toldMs = timeOf(started) - timeOf(began);
      if (Number.isNaN(toldMs)) return s.skip('release answers no times here (D2)');
      // Both by the target's clock, between two moments of ours. Whole seconds may be off by one.
      const roundingMs = [began, started].every((time) => /\.\d{2}/.test(String(time))) ? 150 : 1_150;
      s.check(toldMs <= answeredAt - askedAt + roundingMs, {
        rule: 'Spawn answers when the instance runs.',
        expected: `a start within ${Math.round(answeredAt - askedAt)} ms of the claim, as the answer of spawn`,
        came: `one after ${toldMs} ms`,
      });
    },
  },
];
