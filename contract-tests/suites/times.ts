import {
  type Answer,
  claimFree,
  dateOf,
  fieldOf,
  group,
  momentOf,
  noteRun,
  type Scenario,
  type TimedRun,
  timeOf,
} from '../kit/index.ts';

const define = group({
  evidence: 'inferred',
  level: 'lifecycle',
  operations: ['claimInstance', 'spawnInstance', 'releaseInstance'],
});

/** Dates of HTTP have seconds, answers travel, and what is answered may have happened a little before. */
const toleranceMs = 2_000;
/** How far a scheduler’s clock may be from that of a proxy in front of it; no zone is that near to the next. */
const awayMs = 600_000;

const checkNear = (s: Scenario, name: string, moment: number, reference: number, about?: Answer): void => {
  if (Number.isNaN(moment) || Number.isNaN(reference)) return;
  s.check(Math.abs(moment - reference) < awayMs, {
    rule: 'Times are moments: they agree with the date of the answer that they came in.',
    expected: `${name} near ${new Date(reference).toISOString()}`,
    came: new Date(moment).toISOString(),
    ...(about === undefined ? {} : { about }),
  });
};

const checkOrder = (s: Scenario, moments: Readonly<Record<string, number>>, about: Answer): void => {
  const known = Object.entries(moments).filter(([, at]) => !Number.isNaN(at));
  s.check(
    known.every(([, at], index) => at >= (known[index - 1]?.[1] ?? at)),
    {
      rule: 'What happened first has the earlier time.',
      expected: known.map(([name]) => name).join(' ≤ '),
      came: known.map(([name, at]) => `${name} ${new Date(at).toISOString()}`).join(', '),
      about,
    },
  );
};

/** A run with some time between its steps. */
const runSlowly = async (s: Scenario): Promise<void> => {
  const one = await s.claim();
  const claimed = momentOf(s, one.answer);
  await s.pass(2_600);
  const spawned = momentOf(s, await s.spawn(one));
  await s.pass(2_600);
  noteRun(s, { claimed, spawned }, await s.sendRelease(one));
};

const checkTimes = (s: Scenario, { owner, claimed, spawned, released, answer }: TimedRun): void => {
  const stated = (name: string): number => timeOf(fieldOf(answer.data, name));
  if (answer.status !== 200 || Number.isNaN(stated('released'))) return;
  // Steps are numbered in each case for itself.
  const about = owner === s.id ? answer : undefined;
  checkNear(s, 'claimed', stated('claimed'), claimed.dated, about);
  checkNear(s, 'spawned', stated('spawned'), spawned.dated, about);
  checkNear(s, 'released', stated('released'), released.dated, about);
  const passed = [
    ['spawned', 'claimed', spawned.at - claimed.at],
    ['released', 'spawned', released.at - spawned.at],
  ] as const;
  for (const [later, earlier, ms] of passed) {
    const statedMs = stated(later) - stated(earlier);
    s.check(Number.isNaN(statedMs) || Math.abs(statedMs - ms) < toleranceMs, {
      rule: 'Release answers when the claim began, was spawned, and ended.',
      expected: `${later} about ${Math.round(ms)} ms after ${earlier}`,
      came: `${statedMs} ms`,
      ...(about === undefined ? {} : { about }),
    });
  }
};

/** When and where. */
export const times = [
  define(
    'TIME-001',
    'The times in the answer of release agree with the dates of the answers of claim, spawn and release.',
    {
      // After those that wait, so that it can look at the runs that they have waited for.
      waits: { instances: Number.POSITIVE_INFINITY },
      run: async (s) => {
        if (s.run.timed.length === 0) await runSlowly(s);
        for (const one of s.run.timed) checkTimes(s, one);
        if (s.checks.length === 0) s.skip('release answers no times here (D2), or the function has ended by itself');
      },
    },
  ),
  define(
    'TIME-002',
    'The times in the list of active instances are of the past, and an instance was created before it was updated.',
    {
      operations: ['spawnInstance', 'getActiveInstances'],
      run: async (s) => {
        if (s.run.endsByItself) s.skip('the function ends by itself');
        const claimed = await s.start();
        await s.until(async () => claimed.instance in (await s.active()));
        const answer = await s.send({ operation: 'getActiveInstances' });
        const instance = fieldOf(answer.data, claimed.instance);
        if (instance === undefined) return s.skip('the instance is not listed');
        const created = timeOf(fieldOf(instance, 'events', 'created'));
        const updated = timeOf(fieldOf(instance, 'events', 'updated'));
        const changed = timeOf(fieldOf(instance, 'state', 'changed'));
        const now = dateOf(s, answer) + awayMs;
        for (const later of [{ 'events.updated': updated }, { 'state.changed': changed }]) {
          checkOrder(s, { 'events.created': created, ...later, 'the date of the answer': now }, answer);
        }
      },
    },
  ),
  define('NETWORK-002', 'Addresses are unique over all instances of all functions.', {
    level: 'disruptive',
    operations: ['claimInstance'],
    run: async (s) => {
      const [, second] = s.run.containers;
      const elsewhere = second === undefined ? [] : await claimFree(s, second);
      s.checkAddresses([...(await s.holdAll()), ...elsewhere]);
    },
  }),
];
