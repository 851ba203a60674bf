import {
  changesNothing,
  claim,
  claimAgain,
  freedClaim,
  freshToken,
  release,
  sendSpawn,
  spawn,
  tryClaim,
  unknownId,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { checkRunsOn, checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { checkRefused } from '../kit/observations.ts';
import { describe } from '../kit/requests.ts';

const ownClaimOnly = 'Spawn needs the token the instance was claimed with.';

/** Starting. */
export const spawns: readonly ContractCase[] = [
  {
    id: 'SPAWN-001',
    requirement: 'Spawn starts a claimed instance and answers where it runs, with the claim’s network and token.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      await release(s, claimed);
    },
  },
  {
    id: 'SPAWN-004',
    requirement: 'Spawn with another token is refused and leaves the claim as it was.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['wrong-token-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const other = await tryClaim(s);
      const { token } = claimed;
      const wrong = [
        freshToken(s), token.toUpperCase(), token.slice(0, -1), `${token}x`, ` ${token}`, token.slice(0, 5),
        `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`, ...('token' in other ? [other.token] : []),
      ]; // biome-ignore format: a list of tokens
      for (const attempt of wrong) {
        const answer = await sendSpawn(s, { ...claimed, token: attempt });
        if (!checkRefused(s, answer, ownClaimOnly, 'wrong-token-on-spawn')) return;
      }
      await checkUnlisted(s, claimed, { rule: ownClaimOnly });
      await spawn(s, claimed, undefined, changesNothing);
    },
  },
  {
    id: 'SPAWN-005',
    requirement: 'Spawn of an instance that the function does not have is refused.',
    evidence: 'documented',
    source: 'spawn',
    level: 'claim',
    operations: ['spawnInstance'],
    questions: ['unknown-instance-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendSpawn(s, { ...claimed, instance: unknownId() });
      checkRefused(s, answer, 'Spawn is about an instance of the function.', 'unknown-instance-on-spawn');
    },
  },
  {
    id: 'SPAWN-006',
    requirement: 'Spawn refuses an instance without a claim, also after its release.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['spawn-without-claim', 'spawn-after-release'],
    run: async (s) => {
      const freed = await freedClaim(s);
      const rule = 'Spawn starts an instance that its caller has claimed.';
      checkRefused(s, await sendSpawn(s, freed), rule, 'spawn-after-release');
      checkRefused(s, await sendSpawn(s, { ...freed, token: freshToken(s) }), rule, 'spawn-without-claim');
      await checkUnlisted(s, freed, { rule });
    },
  },
  {
    id: 'SPAWN-007',
    requirement: 'A claim is spawned once: a second spawn is refused and does not disturb the run.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    questions: ['second-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      await spawn(s, claimed);
      const wasListed = await isSeenAtWork(s, claimed);
      checkRefused(s, await sendSpawn(s, claimed), 'A claim is spawned once.', 'second-spawn');
      await checkRunsOn(s, claimed, wasListed);
    },
  },
  {
    id: 'SPAWN-008',
    requirement: 'Of two spawns of a claim at the same moment one is accepted.',
    evidence: 'inferred',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      const answers = await Promise.all([sendSpawn(s, claimed), sendSpawn(s, claimed)]);
      const accepted = answers.filter(({ status }) => status === 200).length;
      s.check(accepted === 1, {
        rule: 'A claim is spawned once.',
        expected: 'one 200',
        came: answers.map(describe).join(' and '),
      });
    },
  },
  {
    id: 'SPAWN-009',
    requirement: 'Spawn of another function’s instance is refused.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance'],
    needs: ['two-functions'],
    questions: ['other-functions-instance-on-spawn'],
    run: async (s) => {
      const claimed = await claim(s);
      const answer = await sendSpawn(s, { ...claimed, container: s.secondContainer });
      const rule = 'Spawn is about an instance of the function in the path.';
      checkRefused(s, answer, rule, 'other-functions-instance-on-spawn');
      if (answer.status === 200) return;
      // The same the other way round, and properly.
      const second = await claim(s, { container: s.secondContainer });
      checkRefused(s, await sendSpawn(s, { ...second, container: s.container }), rule);
      await spawn(s, second);
      const listedRule = 'Active lists instances of the container asked for.';
      await checkUnlisted(s, { ...second, container: s.container }, { rule: listedRule });
      await checkUnlisted(s, { ...claimed, container: s.secondContainer }, { rule: listedRule });
      await release(s, second);
    },
  },
  {
    id: 'SPAWN-010',
    requirement: 'One token may hold two claims: spawn starts the instance it is asked for.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const first = await claim(s);
      const second = await claimAgain(s, first);
      await spawn(s, second);
      await checkUnlisted(s, first, { rule: 'Spawn starts the instance asked for and no other.' });
      await spawn(s, first);
      await release(s, first);
      await checkUnlisted(s, first, { rule: 'Release ends the run asked for.' });
      await release(s, second);
    },
  },
];
