import { expect, test } from 'vitest';
import { sampleContainer } from '../../../../test/support/runtime/sample-container.ts';
import type { InstanceId } from '../../../shared/ids.ts';
import { LauncherEnds } from './hot-containers.ts';

const network = { number: 1, ipv6: false, schedulerAddresses: [] };

/** Launchers of one function, and how often too many of them had ended. */
const watch = () => {
  const reasons: string[] = [];
  const ends = new LauncherEnds((_, reason) => reasons.push(reason));
  const end = async (instance: string, code: number | null, outOfMemory = false): Promise<void> => {
    const spec = { ...sampleContainer('image', network), instanceId: instance as InstanceId };
    ends.watch({ spec, exited: Promise.resolve({ code, outOfMemory }), lost: Promise.resolve('ended') });
    await new Promise(setImmediate);
  };
  const spawn = (instance: string): void => {
    const spec = { ...sampleContainer('image', network), instanceId: instance as InstanceId };
    ends.watch({ spec, exited: new Promise(() => {}), lost: new Promise(() => {}) });
  };
  return { reasons, ends, end, spawn };
};

test('three launchers of one instance that end in a row are too many', async () => {
  const { reasons, end } = watch();
  for (const instance of ['one', 'two', 'one', 'two']) await end(instance, 125);
  expect(reasons).toEqual([]);
  await end('one', 0);
  expect(reasons).toEqual(['the launcher has ended by itself 3 times in a row, before a spawn']);
});

test('a launcher that is released ends the row', async () => {
  const { reasons, end, spawn } = watch();
  for (let times = 0; times < 3; times += 1) {
    await end('one', 125);
    await end('one', 125);
    spawn('one');
  }
  expect(reasons).toEqual([]);
});

test.each([
  ['killed', 137],
  ['removed', null],
])('a launcher that was %s has not ended by itself', async (_, code) => {
  const { reasons, end } = watch();
  for (let times = 0; times < 5; times += 1) await end('one', code);
  expect(reasons).toEqual([]);
});

test.each([
  ['crashes', 139, false],
  ['runs out of memory', 137, true],
] as const)('a launcher that %s has ended by itself', async (_, code, outOfMemory) => {
  const { reasons, end } = watch();
  for (let times = 0; times < 3; times += 1) await end('one', code, outOfMemory);
  expect(reasons).toHaveLength(1);
});

test('ends of launchers while Docker was away do not count', async () => {
  const { reasons, ends, end } = watch();
  for (let times = 0; times < 5; times += 1) {
    await end('one', 0);
    ends.engineWasAway();
  }
  expect(reasons).toEqual([]);
});
