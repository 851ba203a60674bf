import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CommandName,
  commands,
  containerId,
  instanceIdAt,
  maxRuntimeMs,
  poolSpec,
  readyScheduler,
  start,
} from '../../scripts/situations.ts';
import type { InstanceId } from '../shared/ids.ts';
import type { Instance } from './pool.ts';
import { type InstanceRecord, mayRun, toRecord } from './records.ts';
import { Scheduler } from './scheduler.ts';

// Small, so that histories meet.
const pool = { instances: 1, maxPoolSize: 2 };

type Step = { readonly name: CommandName; readonly seed: number; readonly afterMs: number };

/** The states of an instance's usual life; the rest are accidents. */
const ordinary: readonly CommandName[] = ['prepared', 'claim', 'spawn', 'started', 'exited', 'release'];

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    name: fc.constantFrom(...(Object.keys(commands) as CommandName[]), ...ordinary, ...ordinary, ...ordinary),
    seed: fc.nat(pool.maxPoolSize - 1),
    // On either side of the lease's end and of max_runtime's.
    afterMs: fc.constantFrom(0, 0, 0, 0, 0, 1, 4_000, 10_000, maxRuntimeMs),
  }),
  { minLength: 20, maxLength: 100 },
);

const runs = { numRuns: 500 };

/** A scheduler after a history, when that ends, and what a store has that got each change as it came. */
const live = (history: readonly Step[]) => {
  const scheduler = readyScheduler(pool);
  const store = new Map<InstanceId, InstanceRecord>();
  let now = start;
  history.forEach(({ name, seed, afterMs }, ticket) => {
    now += afterMs;
    const instanceId = instanceIdAt(seed);
    const command = commands[name](ticket, scheduler.instance(instanceId)?.generation ?? 0);
    scheduler.apply('instanceId' in command ? { ...command, instanceId } : command, now);
    for (const change of scheduler.changes) {
      if (change.record === null) store.delete(change.instanceId);
      else store.set(change.instanceId, change.record);
    }
    scheduler.changesAreKept();
  });
  return { scheduler, store, now };
};

const instancesOf = (scheduler: Scheduler): readonly Instance[] => scheduler.pool(containerId)?.instances ?? [];

test('a store that has every change has the whole state', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const { scheduler, store } = live(history);
      const known = instancesOf(scheduler).flatMap((instance) => toRecord(instance) ?? []);
      expect([...store.values()].toSorted((one, other) => one.seed - other.seed)).toEqual(known);
    }),
    runs,
  );
});

/** The holder of the instance, if there is one. */
const holderOf = (instance: Instance | undefined): string | null =>
  instance !== undefined && 'token' in instance.state ? instance.state.token : null;

test('a scheduler that resumes from a store grants no instance that is taken', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const { scheduler, store, now } = live(history);
      const next = new Scheduler();
      const kept = [...store.values()].map((record) => ({
        record,
        run: mayRun(record) ? { publishedPorts: {} } : null,
      }));
      next.addPool(poolSpec(pool), now, kept);
      expect(instancesOf(next).map(holderOf)).toEqual(instancesOf(scheduler).map(holderOf));
      for (const { id, generation } of instancesOf(next)) {
        next.apply({ type: 'prepared', instanceId: id, generation, readiness: 'cold' }, now);
      }
      const held = instancesOf(next).filter((instance) => holderOf(instance) !== null);
      const effects = Array.from({ length: 9 }, (_, ticket) => next.apply(commands.claim(ticket), now)).flat();
      const granted = effects.flatMap((effect) =>
        effect.type === 'reply' && effect.reply.type === 'claimed' ? [effect.reply.instanceId] : [],
      );
      expect(new Set(granted).size).toBe(granted.length);
      expect(granted.filter((id) => held.some((instance) => instance.id === id))).toEqual([]);
    }),
    runs,
  );
});

test('the last record of an instance that went and came again counts', () => {
  const scheduler = readyScheduler(pool);
  const grow = (): void => {
    for (const ticket of [1, 2]) scheduler.apply(commands.claim(ticket), start);
  };
  grow();
  scheduler.apply({ type: 'reset' }, start);
  grow();
  const grown = scheduler.changes.filter(({ instanceId }) => instanceId === instanceIdAt(1));
  expect(grown).toMatchObject([{ record: null }, { record: { seed: 1 } }]);
});
