import {
  type Claim,
  describe,
  expiryMs,
  grantedTo,
  group,
  noKey,
  rules,
  type Scenario,
  toClaim,
  unknownId,
  watch,
} from '../kit/index.ts';

const define = group({
  evidence: 'documented',
  source: 'release',
  level: 'disruptive',
  operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
});

/** Bounds what a run asks of a target. */
const mostRequests = 60;

/** Sends lists and refused requests of every kind, to all functions, until the work is done. */
const amidTraffic = async (s: Scenario, work: () => Promise<void>): Promise<void> => {
  const working = work();
  const isDone = watch(working);
  const unknown = () => ({ token: s.freshToken(), instance_id: unknownId() });
  const sendOneOfEach = async (container: string): Promise<void> => {
    await Promise.all([
      s.active(container),
      s.send({ operation: 'spawnInstance', container, body: unknown() }),
      s.send({ operation: 'releaseInstance', container, body: unknown() }),
      s.send({ operation: 'claimInstance', container, body: {} }),
      s.send({ operation: 'claimInstance', container, body: { token: s.freshToken() }, key: noKey }),
    ]);
  };
  const traffic = async (container: string): Promise<void> => {
    for (let sent = 0; sent < mostRequests && !isDone(); sent += 5) await sendOneOfEach(container);
  };
  await Promise.all([working, ...s.run.containers.slice(0, 2).map(traffic)]);
};

/** A claim from its beginning to its end; all that is answered on the way is inspected. */
const runThrough = async (s: Scenario): Promise<void> => {
  const claimed = await s.start();
  if (!s.run.endsByItself) await s.checkListed(claimed, 'Active lists what spawn has started.');
  const answer = await s.sendRelease(claimed);
  s.checkAnswer(answer, answer.status === 200 || s.run.endsByItself, rules.releases.rule, '200');
  await s.checkUnlisted(claimed, 'Active no longer lists what release has ended.');
};

const inTurn = async (times: number, work: () => Promise<void>): Promise<void> => {
  for (let time = 0; time < times; time += 1) await work();
};

/** Spawns and releases at the same moment; whichever comes first, the caller can end what runs afterwards. */
const releaseDuringStart = async (s: Scenario): Promise<void> => {
  const claimed = await s.claim();
  const spawning = s.sendSpawn(claimed);
  const [, released] = await Promise.all([spawning, s.sendRelease(claimed)]);
  const last = released.status === 200 ? released : await s.sendRelease(claimed);
  const isGone = await s.becomesListed(claimed, false);
  if (isGone) return;
  // It was released while it started, and runs: then it must be the caller’s to end.
  const again = await s.sendRelease(claimed);
  const isEnded = again.status === 200 && (await s.becomesListed(claimed, false));
  s.check(isEnded, {
    rule: 'Release ends a run for the caller who has claimed it, also one that is starting.',
    expected: `${claimed.instance} is no longer active`,
    came: `it is, after releases were answered ${describe(last)} and ${describe(again)}`,
    about: again,
  });
};

const whileOthersAreBusy = {
  claim: 'Claim reserves an available instance of the function, however busy others are.',
  spawn: 'Spawn starts an instance that its caller has claimed, however busy other functions are.',
} as const;

/** Claims, spawns and releases an instance of the second function; answers which, or null where the claim is not answered. */
const useOther = async (s: Scenario, when: string): Promise<string | null> => {
  const [container, token] = [s.secondContainer, s.freshToken()];
  // An answer may take its time on a busy machine; a claim that waits for others takes longer.
  const patientMs = Math.max(s.run.settleMs, 3_000);
  const asking = s.trySend({ operation: 'claimInstance', container, body: { token } });
  const reply = await Promise.race([asking, s.pause(patientMs)]);
  const rule = whileOthersAreBusy.claim;
  if (reply === undefined) {
    s.check(false, { rule, expected: `an answer ${when}`, came: `none within ${patientMs} ms` });
    if (s.run.clock.isMovable) await s.pass(5_000);
    await asking;
    return null;
  }
  const answer = s.answered(reply);
  const came = describe(answer);
  const claimed = toClaim(container, token, answer) ?? s.require(false, { rule, expected: `200 ${when}`, came });
  s.checkOk(await s.sendSpawn(claimed), whileOthersAreBusy.spawn, `200 ${when}`);
  await s.sendRelease(claimed);
  return claimed.instance;
};

/** What is promised while other things happen. */
export const together = [
  define('TOGETHER-001', 'Claims, spawns and releases do the same while lists and refused requests are under way.', {
    level: 'lifecycle',
    run: async (s) => {
      const isRoomy = (s.run.capacities.get(s.container) ?? 1) > 1;
      await amidTraffic(s, async () => {
        await inTurn(2, () => runThrough(s));
        if (isRoomy) await Promise.all([runThrough(s), runThrough(s)]);
      });
    },
  }),
  define('TOGETHER-002', 'A release that comes while the instance starts leaves no run that its caller cannot end.', {
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const count = await s.countFree();
      await inTurn(3, () => releaseDuringStart(s));
      // What was neither spawned nor given back is over after ten seconds.
      const again = await s.claimInTheEnd(count, expiryMs + s.run.settleMs);
      s.checkCount(again, count, 'An instance whose run has been released is available again.');
    },
  }),
  define('TOGETHER-003', 'However many runs start at the same moment, each finds its own variables.', {
    source: 'variables',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const held = await s.holdTwo();
      // Of different lengths, so that what is left of a longer one in a buffer shows.
      const own = ({ token }: Claim, index: number) => token.repeat(1 + 300 * (held.length - index));
      const runs = await Promise.all(held.map((one, index) => s.spawnProbe(one, { OWN_TEXT: own(one, index) })));
      for (const [index, one] of held.entries()) {
        const { variables = {} } = runs[index]?.started ?? {};
        const found = variables['OWN_TEXT'];
        s.check(found === own(one, index) && variables['CYCLE_INSTANCE_ID'] === one.instance, {
          rule: 'The function gets the environment variables of its own spawn.',
          expected: `${own(one, index).length} characters of ${one.token} in ${one.instance}`,
          came: `${found?.length} characters of ${found?.slice(0, one.token.length)} in ${variables['CYCLE_INSTANCE_ID']}`,
        });
      }
    },
  }),
  define(
    'TOGETHER-004',
    'While all instances of one function are taken, another function’s are claimed, spawned and released.',
    {
      source: 'claim',
      operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
      needs: ['two-functions'],
      run: async (s) => {
        await s.giveBack(await s.claim({ container: s.secondContainer }));
        const held = await s.holdAll();
        const others = [await useOther(s, 'while all instances of another function are claimed')];
        const waiting = s.beginClaim();
        await s.arrive();
        others.push(await useOther(s, 'while a claim of another function waits in line'));
        await s.leaveLine([waiting]);
        const granted = await grantedTo(waiting);
        s.check(granted === null || !others.includes(granted), {
          rule: 'Claim reserves an instance of the function in the path.',
          expected: 'none of another function',
          came: String(granted),
        });
        await s.giveAllBack(held);
      },
    },
  ),
];
