import { describe, expect, it } from 'vitest';
import {
  commands,
  containerId,
  instanceId,
  instanceIdAt,
  maxRuntimeMs,
  poolSpec,
  readyScheduler,
  type SituationName,
  situations,
  start,
} from '../../scripts/situations.ts';
import type { Effect } from './commands.ts';
import type { PoolSpec } from './pool.ts';
import { fits, type InstanceRecord, type Restored } from './records.ts';
import { Scheduler } from './scheduler.ts';

const leaseMs = 10_000;
const run = { publishedPorts: {} };

/** What a scheduler's store would have of its instance. */
const recordOf = (scheduler: Scheduler): InstanceRecord | null =>
  scheduler.changes.find((change) => change.instanceId === instanceId)?.record ?? null;

/** Another scheduler that goes on with the record, and what it wants done. */
const goOn = (kept: readonly Restored[], now: number, changes: Partial<PoolSpec> = {}) => {
  const scheduler = new Scheduler();
  const effects = scheduler.addPool(poolSpec(changes), now, kept);
  return { scheduler, effects };
};

const goOnFrom = (situation: SituationName, found: Restored['run'], now: number) => {
  const record = recordOf(situations[situation]());
  return goOn(record === null ? [] : [{ record, run: found }], now);
};

const describeOutcome = ({ scheduler, effects }: { scheduler: Scheduler; effects: readonly Effect[] }): string =>
  [scheduler.instance(instanceId)?.state.name, ...effects.map(describeEffect)].join(' · ');

const describeEffect = (effect: Effect): string => {
  if (effect.type === 'event') return effect.event.name;
  return effect.type === 'reply' ? 'a reply' : `→ ${effect.type}`;
};

const again = 'preparing · → prepare';
const holds = 'claimed · → prepare';
const unknownEnd = 'preparing · instance.ended · → prepare';
const goesOn = 'running · instance.running';
const isStopped = 'stopping · instance.running · instance.stopping · → stop';

/** What becomes of an instance that was found in a state, in the middle of its lease: with its run found, and without. */
const expected: Record<SituationName, { readonly found: string; readonly gone: string }> = {
  preparing: { found: again, gone: again },
  'preparing, its run having exited': { found: again, gone: again },
  'preparing, its run having been released': { found: again, gone: again },
  available: { found: again, gone: again },
  'available, its container being a replacement': { found: again, gone: again },
  'available, its claim having expired': { found: again, gone: again },
  'available, its claim having been released': { found: again, gone: again },
  'available, its run having exited': { found: again, gone: again },
  claimed: { found: holds, gone: holds },
  'claimed, its container being lost': { found: holds, gone: holds },
  starting: { found: goesOn, gone: holds },
  'starting, being released': { found: isStopped, gone: holds },
  running: { found: goesOn, gone: unknownEnd },
  'stopping, being released': { found: isStopped, gone: unknownEnd },
  'stopping, its time being over': { found: isStopped, gone: unknownEnd },
  'stopping, its health check having failed': { found: isStopped, gone: unknownEnd },
  failed: { found: again, gone: again },
};

describe.each(Object.keys(situations) as SituationName[])('an instance that was %s', (situation) => {
  it('goes on with its run where that is found', () => {
    expect(describeOutcome(goOnFrom(situation, run, start + 5_000))).toBe(expected[situation].found);
  });

  it('goes on without a run where none is found', () => {
    expect(describeOutcome(goOnFrom(situation, null, start + 5_000))).toBe(expected[situation].gone);
  });
});

describe('a claim', () => {
  it.each(['claimed', 'starting'] as const)('that was %s holds with its token to the end of its lease', (situation) => {
    const { scheduler } = goOnFrom(situation, null, start + leaseMs - 1);
    expect(scheduler.instance(instanceId)?.state).toMatchObject({ name: 'claimed', token: 'token', since: start });
    expect(scheduler.nextDeadline).toBe(start + leaseMs);
    scheduler.apply({ type: 'tick' }, start + leaseMs);
    expect(scheduler.instance(instanceId)?.state.name).toBe('available');
  });

  it.each(['claimed', 'starting'] as const)('that was %s has ended where its lease is over', (situation) => {
    const { scheduler, effects } = goOnFrom(situation, null, start + leaseMs);
    expect(effects.map(describeEffect)).toEqual(['instance.claim-expired', '→ prepare']);
    const [answer] = scheduler.apply(commands.spawn(7), start + leaseMs);
    expect(answer).toMatchObject({ reply: { rejection: { name: 'claim-expired' } } });
  });

  it('is hot again when its container is', () => {
    const record = recordOf(situations.claimed());
    if (record === null) throw new Error('nothing was recorded');
    const { scheduler, effects } = goOn([{ record, run: null }], start, { hot: 1 });
    expect(effects).toContainEqual({ type: 'prepare', instanceId, generation: 1, hot: true, warm: false });
    scheduler.apply({ type: 'prepared', instanceId, generation: 1, readiness: 'cold' }, start);
    expect(scheduler.pool(containerId)?.hot.size).toBe(0);
  });
});

describe('a run', () => {
  const late = start + 100;

  it('keeps the end of its time', () => {
    expect(goOnFrom('running', run, late).scheduler.nextDeadline).toBe(start + maxRuntimeMs);
  });

  it('is stopped at once where the end of its time has passed', () => {
    const { scheduler } = goOnFrom('running', run, start + maxRuntimeMs + 1);
    const effects = scheduler.apply({ type: 'tick' }, start + maxRuntimeMs + 1);
    expect(effects.map(describeEffect)).toContain('→ stop');
  });

  it.each(['running', 'stopping, being released', 'stopping, its time being over'] as const)(
    'that was %s and is gone may still be released, once',
    (situation) => {
      const { scheduler } = goOnFrom(situation, null, late);
      const answers = [1, 2].map((ticket) => scheduler.apply(commands.release(ticket), late)[0]);
      expect(answers).toMatchObject([
        { reply: { type: 'released', claimedAt: start, spawnedAt: start } },
        { reply: { type: 'rejected', rejection: { name: 'already-released' } } },
      ]);
    },
  );

  it('that was being released answers each caller that asks again', () => {
    const { scheduler } = goOnFrom('stopping, being released', run, late);
    scheduler.apply(commands.release(1), late);
    const effects = scheduler.apply(commands.exited(0, 1), late);
    expect(effects).toContainEqual({ type: 'reply', ticket: 1, reply: expect.objectContaining({ type: 'released' }) });
  });

  it.each([
    ['stopping, being released', 'exited'],
    ['stopping, its time being over', 'max-runtime'],
  ] as const)('that was %s and is gone has %s', (situation, how) => {
    expect(recordOf(goOnFrom(situation, null, late).scheduler)?.state).toMatchObject({ ended: { how } });
  });

  it('that is found again ends by the event of its first container', () => {
    const { scheduler } = goOnFrom('running', run, late);
    const effects = scheduler.apply(commands.exited(0, 1), late);
    expect(effects).toContainEqual({ type: 'prepare', instanceId, generation: 2, hot: false, warm: false });
  });
});

describe('a late caller', () => {
  it.each([
    ['preparing, its run having exited', 'run-ended'],
    ['preparing, its run having been released', 'already-released'],
    ['available, its claim having expired', 'claim-expired'],
    ['available, its claim having been released', 'already-released'],
  ] as const)('of an instance that was %s gets %s', (situation, rejection) => {
    const [answer] = goOnFrom(situation, null, start).scheduler.apply(commands.spawn(7), start);
    expect(answer).toMatchObject({ reply: { rejection: { name: rejection } } });
  });
});

describe('a pool', () => {
  const grown = (): readonly Restored[] => {
    const scheduler = readyScheduler({ maxPoolSize: 3 });
    for (const ticket of [1, 2, 3]) scheduler.apply(commands.claim(ticket), start);
    return scheduler.changes.flatMap(({ record }) => (record === null ? [] : [{ record, run: null }]));
  };

  it('has the size to which it had grown', () => {
    const { scheduler } = goOn(grown(), start, { maxPoolSize: 3 });
    const seeds = scheduler.pool(containerId)?.instances.map(({ id, seed, autoscaled }) => [id, seed, autoscaled]);
    expect(seeds).toEqual([
      [instanceIdAt(0), 0, false],
      [instanceIdAt(1), 1, true],
      [instanceIdAt(2), 2, true],
    ]);
  });

  it('says whether the stack still has a place for the instance of a record', () => {
    const record = grown().at(-1)?.record;
    if (record === undefined) throw new Error('nothing was recorded');
    expect(record.seed).toBe(2);
    expect(fits(record, poolSpec({ maxPoolSize: 3 }))).toBe(true);
    expect(fits(record, poolSpec({ maxPoolSize: 2 }))).toBe(false);
    expect(fits(record, poolSpec({ instances: 3 }))).toBe(true);
    expect(fits({ ...record, instanceId: instanceIdAt(1) }, poolSpec({ maxPoolSize: 3 }))).toBe(false);
    const elsewhere = 'e'.repeat(24) as typeof record.containerId;
    expect(fits({ ...record, containerId: elsewhere }, poolSpec({ maxPoolSize: 3 }))).toBe(false);
  });

  it('forgets with a reset what it had recorded', () => {
    const scheduler = readyScheduler({ maxPoolSize: 3 });
    for (const ticket of [1, 2, 3]) scheduler.apply(commands.claim(ticket), start);
    scheduler.changesAreKept();
    scheduler.apply({ type: 'reset' }, start);
    const changes = scheduler.changes.toSorted((one, other) => (one.instanceId < other.instanceId ? -1 : 1));
    expect(changes).toEqual([0, 1, 2].map((seed) => ({ instanceId: instanceIdAt(seed), record: null })));
  });
});
