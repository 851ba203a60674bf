import type { ContractCase } from '../../src/contract/case.ts';
import { type Claim, claim, sendRelease, sendSpawn } from '../../src/contract/moves.ts';
import { checkRefused } from '../../src/contract/observations.ts';
import { expiryMs } from '../../src/contract/run/holdings.ts';
import type { Scenario } from '../../src/contract/scenario.ts';
import { isAlone } from '../../src/contract/side-by-side.ts';
import type { Answer } from '../../src/contract/target/requests.ts';

/** What leases of the first function began with the case are over before this one: their ends must not be needed. */
const afterOthersMs = 800;

const spawnLate = async (s: Scenario, claimed: Claim, lagMs: number): Promise<Answer> => {
  await s.pass(expiryMs + lagMs);
  return await sendSpawn(s, claimed);
};

/** Ten seconds in another function than the one that most cases use. */
export const leasesElsewhere: readonly ContractCase[] = [
  {
    id: 'LEASE-009',
    requirement:
      'A claim of a second function ends after its ten seconds too, whether or not claims of the first one do.',
    evidence: 'documented',
    source: 'lease',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance'],
    waits: { instances: 1, elsewhere: true },
    run: async (s) => {
      const { containers, settleMs } = s.run;
      // Beside others the case sees the second function alone.
      if (isAlone(s) && containers.length < 2) s.skip('it needs a second function container');
      const container = containers.at(-1) ?? s.container;
      if (!isAlone(s)) await s.pass(afterOthersMs);
      const claimed = await claim(s, { container });
      let answer = await spawnLate(s, claimed, 0);
      if (answer.status === 200) {
        // Ends may lag, as where leases are swept.
        await sendRelease(s, claimed);
        answer = await spawnLate(s, await claim(s, { container }), settleMs);
      }
      checkRefused(s, answer, 'A claim that is not spawned within ten seconds ends.');
    },
  },
];
