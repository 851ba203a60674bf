import { expect, it } from 'vitest';
import { sampleContainer } from '../../test/support/runtime/sample-container.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';
import type { Command } from '../scheduler/commands.ts';
import { createMovableClock } from '../shared/clock.ts';
import { deriveObjectId, type InstanceId } from '../shared/ids.ts';
import { ContainerManager } from './container-manager.ts';
import type { InstanceSetup } from './service.ts';
import { Work } from './work.ts';

const instanceIdAt = (place: number): InstanceId => deriveObjectId<InstanceId>('instance', String(place));

/** A manager over a runtime whose starts and hot containers are done when the test says so. */
const createManager = () => {
  const runtime = new SimulatedRuntime({ clock: createMovableClock({ frozenAt: 0 }) });
  const prepare = runtime.prepare.bind(runtime);
  const startMay = Promise.withResolvers<void>();
  const hotMay = Promise.withResolvers<void>();
  const asked: string[] = [];
  runtime.prepare = async (spec, options) => {
    asked.push(options?.hot ? 'hot' : 'cold');
    if (options?.hot) await hotMay.promise;
    const made = await prepare(spec, options);
    const start = made.start.bind(made);
    made.start = async (...args) => {
      asked.push('start');
      await startMay.promise;
      return await start(...args);
    };
    return made;
  };
  const container = sampleContainer('image', { number: 1, ipv6: false, schedulerAddresses: [] });
  const setup = { container, environmentWith: () => ({}) } as unknown as InstanceSetup;
  const reported: Command['type'][] = [];
  const manager = new ContainerManager(
    runtime,
    () => setup,
    ({ type }) => reported.push(type),
    new Work(),
  );
  return { manager, asked, reported, startMay, hotMay };
};

/** The first container of the instance at a place. */
const container = (place: number, hot = false) =>
  ({ type: 'prepare', instanceId: instanceIdAt(place), generation: 1, hot, warm: false }) as const;

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

it('hot containers are made after a start that is under way', async () => {
  const { manager, asked, startMay, hotMay } = createManager();
  hotMay.resolve();
  await manager.prepare(container(0));
  manager.start(instanceIdAt(0), 1, {});
  const hot = manager.prepare(container(1, true));
  await manager.prepare(container(2));
  await turnOfTheLoop();
  expect(asked).toEqual(['cold', 'start', 'cold']);
  startMay.resolve();
  expect(await hot).toBeNull();
  expect(asked).toEqual(['cold', 'start', 'cold', 'hot']);
});

it('two hot containers are made at a time, and others do not wait for them', async () => {
  const { manager, asked, reported, hotMay } = createManager();
  const hot = [1, 2, 3].map((place) => manager.prepare(container(place, true)));
  await manager.prepare(container(4));
  await turnOfTheLoop();
  expect(asked.toSorted()).toEqual(['cold', 'hot', 'hot']);
  hotMay.resolve();
  expect(await Promise.all(hot)).toEqual([null, null, null]);
  expect(reported).toEqual(['prepared', 'prepared', 'prepared', 'prepared']);
});
