import {
  type Claim,
  fieldOf,
  group,
  inferred,
  isExhausted,
  type Odd,
  oddIds,
  rules,
  type Scenario,
  textOf,
  toClaim,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'release',
  level: 'lifecycle',
  operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
});

const usedAgain = inferred(
  'A token may be used for one claim after another, as the official client’s own program does.',
);

/** A claim under a token that has been used before; skips where none is free. */
const claimWith = async (s: Scenario, token: string, container = s.container): Promise<Claim | null> => {
  const answer = s.answered(await s.sendClaim({ container, token }));
  if (isExhausted(answer)) return s.skip('no further instance was free: the pool may have only few');
  s.checkOk(answer, usedAgain);
  return toClaim(container, token, answer);
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
export const oddNames = [
  define('ODD-005', 'An ID that is near an instance’s, or that of something else, is not the instance’s.', {
    source: 'spawn',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const claimed = await s.claim();
      for (const { what, value: instance } of wrongIds(claimed)) {
        const rule = `Spawn and release are about the instance with the ID given: not its ID ${what}.`;
        if (!s.checkRefused(await s.sendSpawn({ ...claimed, instance }), rule)) return;
        if (!s.checkRefused(await s.sendRelease({ ...claimed, instance }), rule)) return;
      }
      await s.spawn(claimed);
      await s.sendRelease(claimed);
    },
  }),
  define('ODD-006', 'An ID that is near a container’s is not the container’s.', {
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
        await s.refuse({ operation: 'claimInstance', container, body: { token: s.freshToken() }, licence }, rule);
        await s.refuse({ operation: 'getActiveInstances', container, licence }, rule);
      }
    },
  }),
  define(
    'ODD-007',
    'One token serves for claim after claim: each is spawned and released as if it were the first.',
    async (s) => {
      const token = s.freshToken();
      const first = await s.claim({ token });
      await s.giveBack(first);
      const rounds = Math.min(mostRounds, (s.run.capacities.get(s.container) ?? 4) + 1);
      for (let round = 0; round < rounds; round += 1) {
        const claimed = await claimWith(s, token);
        if (claimed === null) return;
        await s.spawn(claimed);
        const wasAtWork = !s.run.endsByItself;
        if (wasAtWork)
          await s.checkListed(claimed, 'Spawn starts the instance, whether or not its token was used before.');
        const answer = await s.sendRelease(claimed);
        s.checkAnswer(answer, answer.status === 200 || !wasAtWork, rules.releases.rule, '200');
        await s.checkUnlisted(claimed, 'Release ends the run, whether or not its token was used before.');
      }
    },
  ),
  define('ODD-008', 'One token may hold instances of two functions: release in one leaves the other alone.', {
    needs: ['two-functions'],
    run: async (s) => {
      const one = await s.claim();
      const other = await claimWith(s, one.token, s.secondContainer);
      if (other === null) return;
      await s.spawn(one);
      await s.spawn(other);
      const wasSeen = (await s.isSeenAtWork(one)) && (await s.isSeenAtWork(other));
      await s.sendRelease(one);
      if (!wasSeen) return;
      // What has been stopped by mistake may take as long to leave the list as what was meant.
      await s.becomesListed(one, false);
      await s.pause(Math.min(s.run.settleMs, 250));
      await s.checkListed(other, 'Release ends a run of the function in the path, and none elsewhere.');
      const answer = await s.sendRelease(other);
      s.checkOk(answer, rules.releases.rule);
    },
  }),
];
