import {
  type Answer,
  type Claim,
  expiryMs,
  group,
  isAlone,
  lapse,
  noKey,
  replace,
  type Scenario,
  spawnAfterLease,
  spawnBody,
  toClaim,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'lease',
  level: 'disruptive',
  operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
});

const ownTime = 'Nothing but a claim’s own spawn and release changes its ten seconds.';

/** When others come into it: so late that ten seconds from then end after all that a target may take to notice. */
const disturbedAtMs = 8_500;

/** More than that is not waited for a claim’s end: ten seconds that began again would be over by then. */
const longestLagMs = 7_000;

/** As many claims as are granted under one token at the same moment, each of an instance of its own. */
const claimAtOnce = async (
  s: Scenario,
  token: string,
  count: number,
  container = s.container,
): Promise<readonly Claim[]> => {
  const request = { operation: 'claimInstance', container, body: { token } } as const;
  const replies = await Promise.all(Array.from({ length: count }, () => s.trySend(request)));
  const granted = replies.flatMap((reply) => toClaim(container, token, reply) ?? []);
  return [...new Map(granted.map((one) => [one.instance, one])).values()];
};

const requireShortLag = (s: Scenario, lagMs: number): void => {
  if (lagMs > longestLagMs) s.skip('ends may lag by so much that a longer claim would not show');
};

/** All that names a claim, or comes near it, and is none of its own spawn and release. */
const disturb = async (s: Scenario, claimed: Claim): Promise<void> => {
  const wrong = { ...claimed, token: s.freshToken() };
  s.checkRefused(await s.sendSpawn(wrong), 'Spawn needs the token the instance was claimed with.');
  s.checkRefused(await s.sendRelease(wrong), 'Release needs the token the instance was claimed with.');
  const body = { ...spawnBody(claimed), runtime_variables: { environment_variables: ['KEY=value'] } };
  const mistyped = await s.send({ operation: 'spawnInstance', body });
  if (mistyped.status === 200) s.skip('the target takes a list for variables, and the claim is spawned');
  for (const operation of ['spawnInstance', 'releaseInstance'] as const) {
    const answer = await s.send({ operation, body: spawnBody(claimed), key: noKey });
    if (answer.status === 200) s.skip('the target lets in who has no key');
  }
  await s.active();
};

/** Ten seconds that are a claim’s own. */
export const leasesApart = [
  define('LEASE-007', 'What is refused, what is listed, and what another function does makes no claim last longer.', {
    waits: { instances: 1 },
    run: async (s) => {
      let claimed: Claim | null = null;
      const answer = await spawnAfterLease(s, async (lagMs) => {
        requireShortLag(s, lagMs);
        claimed = claimed === null ? await s.claim() : await replace(s, claimed);
        const since = s.run.clock.now();
        // Other cases at the same time use the second function.
        const [, second] = isAlone(s) ? s.run.containers : [];
        const elsewhere = second === undefined ? [] : await claimAtOnce(s, claimed.token, 1, second);
        await s.passUntil(since + disturbedAtMs);
        await disturb(s, claimed);
        for (const one of elsewhere) await s.sendRelease(one);
        if (s.run.clock.now() - since > disturbedAtMs + 1_200) s.skip('this machine was too slow to ask in time');
        await s.passUntil(since + expiryMs + lagMs);
        return await s.sendSpawn(claimed);
      });
      if (answer.status !== 200 && claimed !== null) lapse(s, claimed);
      s.checkRefused(answer, ownTime);
    },
  }),
  define(
    'LEASE-008',
    'Claims under one token have ten seconds each, also when others of it are spawned, released and run out.',
    {
      operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
      waits: { instances: 2, frees: true, elsewhere: true },
      run: async (s) => {
        const answer = await spawnAfterLease(s, (lagMs) => waitTogether(s, lagMs));
        s.checkRefused(answer, ownTime);
      },
    },
  ),
];

/** Claims under one token at different times, one of which runs out; answers its spawn so much later. */
const waitTogether = async (s: Scenario, lagMs: number): Promise<Answer> => {
  requireShortLag(s, lagMs);
  const { clock, settleMs } = s.run;
  await s.giveAllBack(s.held);
  const token = s.freshToken();
  const askedAt = clock.now();
  const [first, lapsing] = await claimAtOnce(s, token, 2);
  const since = clock.now();
  if (since - askedAt > 1_000) s.skip('two instances were not free at once');
  if (first === undefined || lapsing === undefined) return s.skip('the token got no second instance');
  await s.passUntil(since + 800);
  const spawned = await s.sendSpawn(first);
  s.checkOk(spawned, ownTime);
  const isAtWork = !s.run.endsByItself && (await s.becomesListed(first));
  await s.passUntil(since + Math.max(4_000, 1_000 + settleMs));
  if (isAtWork) await checkStaysListed(s, first);
  await s.sendRelease(first);
  await s.passUntil(since + Math.max(5_000, 2_000 + settleMs));
  const lateSince = clock.now();
  const [late] = await claimAtOnce(s, token, 1);
  const endsAt = since + expiryMs + lagMs;
  await s.passUntil(Math.min(endsAt, lateSince + 9_000));
  if (late !== undefined) {
    const answer = await s.sendSpawn(late);
    s.checkInTime(lateSince, answer, 'The end of one claim is not that of others under its token.');
  }
  await s.passUntil(endsAt);
  return await s.sendSpawn(lapsing);
};

/** A list that has had its time to settle shows a run each time it is asked for. */
const checkStaysListed = async (s: Scenario, { instance }: Claim): Promise<void> => {
  const lists = await Promise.all(Array.from({ length: 8 }, () => s.active()));
  const missing = lists.filter((listed) => !(instance in listed)).length;
  s.check(missing === 0, {
    rule: 'Active lists instances that are starting or running, each time.',
    expected: `${instance} in 8 lists of 8`,
    came: `it is missing in ${missing}`,
  });
};
