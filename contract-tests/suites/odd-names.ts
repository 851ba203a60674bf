import {
  type Claim,
  claim,
  freshToken,
  giveBack,
  isExhausted,
  sendClaim,
  sendRelease,
  sendSpawn,
  spawn,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { becomesListed, checkListed, checkUnlisted, isSeenAtWork } from '../kit/listing.ts';
import { checkRefused, refuse } from '../kit/observations.ts';
import { type Odd, oddIds } from '../kit/odd-values.ts';
import { describe, instanceOf } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { fieldOf, textOf } from '../model/json.ts';

/** A claim under a token that has been used before; skips where none is free. */
const claimWith = async (s: Scenario, token: string, container = s.container): Promise<Claim | null> => {
  const answer = s.answered(await sendClaim(s, { container, token }));
  if (isExhausted(answer)) return s.skip('no further instance was free: the pool may have only few');
  s.check(answer.status === 200, {
    rule: 'A token may be used for one claim after another, as the official client’s own program does.',
    expected: '200',
    came: describe(answer),
    evidence: 'inferred',
    about: answer,
  });
  const instance = instanceOf(answer);
  return instance !== null ? { container, instance, token, answer } : null;
};

/** IDs that are near the instance’s, and others that are the right ones for something else. */
const wrongIds = (claimed: Claim): readonly Odd[] => {
  const { instance, container, answer } = claimed;
  const environment = textOf(fieldOf(answer.data, 'environment', 'id'));
  return [
    ...oddIds(instance),
    { what: 'with its last eight digits alone', value: instance.slice(-8).padStart(24, '0') },
    { what: 'with its first eight digits alone', value: instance.slice(0, 8).padEnd(24, '0') },
    { what: 'with its first twelve digits alone', value: instance.slice(0, 12).padEnd(24, '0') },
    { what: 'but the container’s', value: container },
    ...(environment === null ? [] : [{ what: 'but the environment’s', value: environment }]),
  ].filter(({ value }) => value !== instance);
};

const mostRounds = 6;

/** IDs as they are not, and one token for everything. */
export const oddNames: readonly ContractCase[] = [
  {
    id: 'ODD-005',
    requirement: 'An ID that is near an instance’s, or that of something else, is not the instance’s.',
    evidence: 'documented',
    source: 'spawn',
    level: 'lifecycle',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await claim(s);
      for (const { what, value: instance } of wrongIds(claimed)) {
        const rule = `Spawn and release are about the instance with the ID given: not its ID ${what}.`;
        if (!checkRefused(s, await sendSpawn(s, { ...claimed, instance }), rule)) return;
        if (!checkRefused(s, await sendRelease(s, { ...claimed, instance }), rule)) return;
      }
      await spawn(s, claimed);
      await sendRelease(s, claimed);
    },
  },
  {
    id: 'ODD-006',
    requirement: 'An ID that is near a container’s is not the container’s.',
    evidence: 'documented',
    source: 'path',
    level: 'probe',
    operations: ['claimInstance', 'getActiveInstances'],
    run: async (s) => {
      const near = [
        ...oddIds(s.container),
        { what: 'its first twelve digits', value: s.container.slice(0, 12).padEnd(24, '0') },
      ];
      const rule = 'An operation is about a container of the environment.';
      const licence = 'proxy';
      for (const { value } of near.filter((one) => one.value !== '' && !one.value.startsWith('.'))) {
        const container = encodeURIComponent(value);
        await refuse(s, { operation: 'claimInstance', container, body: { token: freshToken(s) }, licence }, rule);
        await refuse(s, { operation: 'getActiveInstances', container, licence }, rule);
      }
    },
  },
  {
    id: 'ODD-007',
    requirement: 'One token serves for claim after claim: each is spawned and released as if it were the first.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const token = freshToken(s);
      const first = await claim(s, { token });
      await giveBack(s, first);
      const rounds = Math.min(mostRounds, (s.run.capacities.get(s.container) ?? 4) + 1);
      for (let round = 0; round < rounds; round += 1) {
        const claimed = await claimWith(s, token);
        if (claimed === null) return;
        await spawn(s, claimed);
        const wasAtWork = !s.run.endsByItself;
        if (wasAtWork)
          await checkListed(s, claimed, { rule: 'Spawn starts the instance, be its token used before or not.' });
        const answer = await sendRelease(s, claimed);
        s.check(answer.status === 200 || !wasAtWork, {
          rule: 'Release ends a run for the caller who has claimed it.',
          expected: '200',
          came: describe(answer),
          about: answer,
        });
        await checkUnlisted(s, claimed, { rule: 'Release ends the run, be its token used before or not.' });
      }
    },
  },
  {
    id: 'ODD-008',
    requirement: 'One token may hold instances of two functions: release in one leaves the other alone.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    needs: ['two-functions'],
    run: async (s) => {
      const one = await claim(s);
      const other = await claimWith(s, one.token, s.secondContainer);
      if (other === null) return;
      await spawn(s, one);
      await spawn(s, other);
      const wasSeen = (await isSeenAtWork(s, one)) && (await isSeenAtWork(s, other));
      await sendRelease(s, one);
      if (!wasSeen) return;
      // What has been stopped by mistake may take as long to leave the list as what was meant.
      await becomesListed(s, one, false);
      await s.run.clock.pause(Math.min(s.run.settleMs, 250), s.run.signal);
      await checkListed(s, other, { rule: 'Release ends a run of the function in the path, and none elsewhere.' });
      const answer = await sendRelease(s, other);
      s.check(answer.status === 200, {
        rule: 'Release ends a run for the caller who has claimed it.',
        expected: '200',
        came: describe(answer),
        about: answer,
      });
    },
  },
];
