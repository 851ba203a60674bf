import {
  active,
  type Claim,
  claim,
  freshToken,
  giveBack,
  sendRelease,
  sendSpawn,
  spawn,
  spawnBody,
  unknownId,
} from '../kit/actions.ts';
import type { ContractCase } from '../kit/case.ts';
import { expiryMs } from '../kit/claim-tracker.ts';
import { becomesListed, checkListed, checkUnlisted } from '../kit/listing.ts';
import { spawnProbe } from '../kit/probe.ts';
import { noKey } from '../kit/refused-requests.ts';
import { describe, instanceOf } from '../kit/requests.ts';
import type { Scenario } from '../kit/scenario.ts';
import { arrive, beginClaim, claimInTheEnd, countFree, grantedTo, holdAll, leaveLine } from '../kit/waiting.ts';
import { watch } from '../kit/watch.ts';

/** Bounds what a run asks of a target. */
const mostRequests = 60;

/** Sends lists and refused requests of every kind, to all functions, until the work is done. */
const amidTraffic = async (s: Scenario, work: () => Promise<void>): Promise<void> => {
  const working = work();
  const isDone = watch(working);
  const unknown = () => ({ token: freshToken(s), instance_id: unknownId() });
  const stray = async (container: string): Promise<void> => {
    await Promise.all([
      active(s, container),
      s.send({ operation: 'spawnInstance', container, body: unknown() }),
      s.send({ operation: 'releaseInstance', container, body: unknown() }),
      s.send({ operation: 'claimInstance', container, body: {} }),
      s.send({ operation: 'claimInstance', container, body: { token: freshToken(s) }, key: noKey }),
    ]);
  };
  const traffic = async (container: string): Promise<void> => {
    for (let sent = 0; sent < mostRequests && !isDone(); sent += 5) await stray(container);
  };
  await Promise.all([working, ...s.run.containers.slice(0, 2).map(traffic)]);
};

/** A claim from its beginning to its end; all that is answered on the way is inspected. */
const runThrough = async (s: Scenario): Promise<void> => {
  const claimed = await claim(s);
  await spawn(s, claimed);
  if (!s.run.endsByItself) await checkListed(s, claimed, { rule: 'Active lists what spawn has started.' });
  const answer = await sendRelease(s, claimed);
  s.check(answer.status === 200 || s.run.endsByItself, {
    rule: 'Release ends a run for the caller who has claimed it.',
    expected: '200',
    came: describe(answer),
    about: answer,
  });
  await checkUnlisted(s, claimed, { rule: 'Active no longer lists what release has ended.' });
};

const inTurn = async (times: number, work: () => Promise<void>): Promise<void> => {
  for (let time = 0; time < times; time += 1) await work();
};

/** Spawns and releases at the same moment; whichever comes first, the caller can end what runs afterwards. */
const releaseDuringStart = async (s: Scenario): Promise<void> => {
  const claimed = await claim(s);
  const spawning = sendSpawn(s, claimed);
  const [, released] = await Promise.all([spawning, sendRelease(s, claimed)]);
  const last = released.status === 200 ? released : await sendRelease(s, claimed);
  const isGone = await becomesListed(s, claimed, false);
  if (isGone) return;
  // It was released while it started, and runs: then it must be the caller’s to end.
  const again = await sendRelease(s, claimed);
  const isEnded = again.status === 200 && (await becomesListed(s, claimed, false));
  s.check(isEnded, {
    rule: 'Release ends a run for the caller who has claimed it, also one that is starting.',
    expected: `${claimed.instance} is no longer active`,
    came: `it is, after releases were answered ${describe(last)} and ${describe(again)}`,
    about: again,
  });
};

/** What is promised while other things happen. */
export const together: readonly ContractCase[] = [
  {
    id: 'TOGETHER-001',
    requirement: 'Claims, spawns and releases do the same while lists and refused requests are under way.',
    evidence: 'documented',
    source: 'release',
    level: 'lifecycle',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance', 'getActiveInstances'],
    run: async (s) => {
      const isRoomy = (s.run.capacities.get(s.container) ?? 1) > 1;
      await amidTraffic(s, async () => {
        await inTurn(2, () => runThrough(s));
        if (isRoomy) await Promise.all([runThrough(s), runThrough(s)]);
      });
    },
  },
  {
    id: 'TOGETHER-002',
    requirement: 'A release that comes while the instance starts leaves no run that its caller cannot end.',
    evidence: 'documented',
    source: 'release',
    level: 'disruptive',
    operations: ['spawnInstance', 'releaseInstance'],
    run: async (s) => {
      const count = await countFree(s);
      await inTurn(3, () => releaseDuringStart(s));
      // What was neither spawned nor given back is over after ten seconds.
      const again = await claimInTheEnd(s, count, expiryMs + s.run.settleMs);
      s.check(again.length === count, {
        rule: 'An instance whose run has been released is available again.',
        expected: `${count} instances`,
        came: String(again.length),
      });
    },
  },
  {
    id: 'TOGETHER-003',
    requirement: 'However many runs start at the same moment, each finds its own variables.',
    evidence: 'documented',
    source: 'variables',
    level: 'disruptive',
    operations: ['spawnInstance'],
    needs: ['callback'],
    run: async (s) => {
      const held = await holdAll(s);
      if (held.length < 2) return s.skip('the function has fewer than two instances');
      // Of different lengths, so that what is left of a longer one in a buffer shows.
      const own = ({ token }: Claim, index: number) => token.repeat(1 + 300 * (held.length - index));
      const runs = await Promise.all(held.map((one, index) => spawnProbe(s, one, { OWN_TEXT: own(one, index) })));
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
  },
  {
    id: 'TOGETHER-004',
    requirement: 'While all instances of one function are taken, another function’s are claimed, spawned and released.',
    evidence: 'documented',
    source: 'claim',
    level: 'disruptive',
    operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
    needs: ['two-functions'],
    run: async (s) => {
      const container = s.secondContainer;
      await giveBack(s, await claim(s, { container }));
      const held = await holdAll(s);
      const others = new Set<string>();
      // An answer may take its time on a busy machine; a claim that waits for others takes longer.
      const patientMs = Math.max(s.run.settleMs, 3_000);
      const useOther = async (when: string): Promise<void> => {
        const token = freshToken(s);
        const asking = s.trySend({ operation: 'claimInstance', container, body: { token } });
        const reply = await Promise.race([asking, s.run.clock.pause(patientMs, s.run.signal)]);
        const answer = reply === undefined ? null : s.answered(reply);
        const instance = answer === null ? null : instanceOf(answer);
        s.require(instance !== null || reply === undefined, {
          rule: 'Claim reserves an available instance of the function, however busy others are.',
          expected: `200 ${when}`,
          came: answer === null ? 'no answer' : describe(answer),
        });
        if (answer === null || instance === null) {
          s.check(false, {
            rule: 'Claim reserves an available instance of the function, however busy others are.',
            expected: `an answer ${when}`,
            came: `none within ${patientMs} ms`,
          });
          if (s.run.clock.isMovable) await s.pass(5_000);
          return void (await asking);
        }
        others.add(instance);
        const claimed = { container, instance, token, answer };
        const spawned = await s.send({ operation: 'spawnInstance', container, body: spawnBody(claimed) });
        s.check(spawned.status === 200, {
          rule: 'Spawn starts an instance that its caller has claimed, however busy other functions are.',
          expected: `200 ${when}`,
          came: describe(spawned),
          about: spawned,
        });
        await sendRelease(s, claimed);
      };
      await useOther('while all instances of another function are claimed');
      const waiting = beginClaim(s);
      await arrive(s);
      await useOther('while a claim of another function waits in line');
      await leaveLine(s, [waiting]);
      const granted = await grantedTo(waiting);
      s.check(granted === null || !others.has(granted), {
        rule: 'Claim reserves an instance of the function in the path.',
        expected: 'none of another function',
        came: String(granted),
      });
      for (const one of held) await giveBack(s, one);
    },
  },
];
