import {
  type Answer,
  type Claim,
  expiryMs,
  group,
  inferred,
  isAlone,
  momentOf,
  noKey,
  noteRun,
  operationNames,
  type Scenario,
  spawnBody,
  toClaim,
} from '../kit/index.ts';

const define = group({ evidence: 'documented', source: 'lease', level: 'disruptive', operations: ['spawnInstance'] });

const tenSeconds = 'A claim that is not spawned within ten seconds ends.';
/** Nearly the whole lease, with time for the request to arrive; and so much earlier another of the instance began. */
const nearlyMs = 9_250;
const earlierMs = expiryMs - nearlyMs;

/** Leases that began with the case are over before this one. */
const afterOthersMs = 800;

/**
 * The answer to a spawn after the ten seconds. Ends may lag, as where leases are swept: a claim that still opened is tried
 * once more with the time that they may. `ask` claims, and spawns so much later than the lease lasts.
 */
const spawnAfterLease = async (s: Scenario, ask: (lagMs: number) => Promise<Answer>): Promise<Answer> => {
  const answer = await ask(0);
  return answer.status === 200 ? await ask(s.run.settleMs) : answer;
};

/** Another claim for one that could be spawned too late: it is given back before. */
const replace = async (s: Scenario, started: Claim): Promise<Claim> => {
  await s.giveBack(started);
  return await s.claim({ container: started.container });
};

/** A claim that has run out: a case that comes later looks at what has become of its instance. */
const lapse = (s: Scenario, { container, instance, token }: Claim): void => {
  s.run.lapsed.push({ owner: s.id, container, instance, token });
};

/** More are not claimed for the sake of one among them, where it is not known how many there are. */
const mostUncounted = 16;

/** Claims one after the other until a certain one comes, as many as the case may hold; the last is the newest. */
const claimUntil = async (s: Scenario, isIt: (claimed: Claim) => boolean): Promise<readonly Claim[]> => {
  const most = Math.min(s.run.share, s.run.capacities.get(s.container) ?? mostUncounted);
  const held: Claim[] = [];
  while (held.length < most) {
    const next = await s.tryClaim();
    if (!('instance' in next)) break;
    held.push(next);
    if (isIt(next)) break;
  }
  return held;
};

/** The ten seconds. */
export const leases = [
  define('LEASE-001', 'A claim holds for ten seconds, also after earlier claims: after nine it can be spawned.', {
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // The ten seconds of the earlier claim are over when this one is spawned.
      const earlier = await s.claim();
      await s.pass(earlierMs);
      await s.giveBack(earlier);
      const since = s.run.clock.now();
      const claims = await claimUntil(s, ({ instance }) => instance === earlier.instance);
      const claimed = claims.at(-1) ?? (await s.claim());
      const begun = momentOf(s, claimed.answer);
      await s.passUntil(since + nearlyMs);
      const answer = await s.sendSpawn(claimed);
      const spawned = momentOf(s, answer);
      s.checkInTime(since, answer, tenSeconds, '200 after nine seconds');
      if (answer.status === 200) noteRun(s, { claimed: begun, spawned }, await s.sendRelease(claimed));
    },
  }),
  define('LEASE-002', 'A claim that is not spawned ends after its ten seconds, of a second function, too.', {
    questions: ['spawn-after-expiry', 'release-after-expiry'],
    waits: { instances: 1, frees: true, elsewhere: true },
    run: async (s) => {
      s.note('D6');
      // It has a function for itself, or takes the second: the ends of the first one's leases must not be needed.
      if (!isAlone(s)) await s.pass(afterOthersMs);
      let claimed = await s.claim({ container: s.run.containers.at(-1) ?? s.container });
      const answer = await spawnAfterLease(s, async (lagMs) => {
        if (lagMs > 0) claimed = await replace(s, claimed);
        await s.pass(expiryMs + lagMs);
        const late = await s.sendSpawn(claimed);
        s.checkAnswer(
          late,
          late.status !== 200 || lagMs > 0,
          inferred('A claim ends when its ten seconds are over, without delay.'),
          `a refusal after ${expiryMs / 1_000} s`,
        );
        return late;
      });
      if (answer.status !== 200) lapse(s, claimed);
      s.checkRefused(answer, tenSeconds, 'spawn-after-expiry');
      s.observeAnswer('release-after-expiry', await s.sendRelease(claimed));
    },
  }),
  define('LEASE-005', 'Ten seconds do not end a claim that has been spawned.', {
    operations: ['spawnInstance', 'releaseInstance'],
    waits: { instances: 1 },
    run: async (s) => {
      const claimed = await s.claim();
      const begun = momentOf(s, claimed.answer);
      const spawned = momentOf(s, await s.spawn(claimed));
      if (!(await s.isSeenAtWork(claimed))) s.skip('the function ends by itself');
      await s.pass(expiryMs);
      await s.checkListed(claimed, 'The ten seconds are for the spawn; a run has its own time.');
      noteRun(s, { claimed: begun, spawned }, await s.release(claimed));
    },
  }),
];

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
    operations: operationNames,
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
