import { expect, it } from 'vitest';
import { accessKey, sampleStack } from '../../test/support/sample-stack.ts';
import { type Emulator, startEmulator } from '../emulator/start-emulator.ts';
import type { components } from '../openapi/control-types.ts';

type Details = components['schemas']['InstanceDetails'];

const start = (fields: object = {}) =>
  startEmulator({
    stack: sampleStack({
      hello: { limits: { max_runtime: '1m' }, environment: { FROM_STACK: 'stack-secret' }, ...fields },
    }),
    runtime: 'simulated',
  });

const look = async (emulator: Emulator, instanceId: string) => {
  const response = await fetch(`${emulator.controlUrl}/_emulator/instances/${instanceId}`, {
    headers: { 'X-CYCLE-ACCESS-KEY': accessKey },
  });
  const text = await response.text();
  return { status: response.status, text, data: JSON.parse(text).data as Details };
};

const msFrom = (start: string | null | undefined, end: string | null | undefined): number =>
  Date.parse(end ?? '') - Date.parse(start ?? '');

it('an instance has the times, the exit and the names of the variables of its latest run, and no values', async () => {
  await using emulator = await start();
  emulator.clock.freeze();
  const claim = await emulator.claim('hello');
  expect((await look(emulator, claim.instanceId)).data).toMatchObject({
    function: 'hello',
    instance: { id: claim.instanceId, state: 'claimed', lease_ms: 10_000 },
    run: { starting_at: null, running_at: null, ended_at: null, exit: null },
    variable_names: null,
  });
  await emulator.clock.advance(1_000);
  await claim.spawn({ FROM_SPAWN: 'spawn-secret' });
  await emulator.clock.advance(60_000);
  const { data, text } = await look(emulator, claim.instanceId);
  expect(data.run).toMatchObject({ stopped_for: 'max-runtime', exit: { out_of_memory: false }, failure: null });
  expect(msFrom(data.run?.claimed_at, data.run?.starting_at)).toBe(1_000);
  expect(msFrom(data.run?.running_at, data.run?.ended_at)).toBe(60_000);
  expect(data.variable_names).toEqual(expect.arrayContaining(['FROM_STACK', 'FROM_SPAWN', 'CYCLE_INSTANCE_ID']));
  expect(text).not.toMatch(/stack-secret|spawn-secret/);
});

it('an instance has its latest claim alone, and says why it did not start', async () => {
  await using emulator = await start();
  const first = await emulator.claim('hello');
  await first.spawn();
  await first.release();
  expect((await look(emulator, first.instanceId)).data.run).toMatchObject({
    stopped_for: 'release',
    exit: { code: 143 },
  });
  emulator.faults.add({ effect: { type: 'startFailure', reason: 'no luck' } });
  const second = await emulator.claim('hello');
  await expect(second.spawn()).rejects.toThrow('no luck');
  expect((await look(emulator, second.instanceId)).data.run).toMatchObject({
    ...{ running_at: null, stopped_for: null, exit: null },
    failure: expect.stringContaining('no luck'),
    ended_at: expect.any(String),
  });
});

it('a claim that was never spawned has ended with its lease', async () => {
  await using emulator = await start();
  emulator.clock.freeze();
  const { instanceId } = await emulator.claim('hello');
  await emulator.clock.advance(10_000);
  const { run } = (await look(emulator, instanceId)).data;
  expect(msFrom(run?.claimed_at, run?.ended_at)).toBe(10_000);
  expect(run?.starting_at).toBeNull();
});

it('an instance that was not claimed has no run, and an unknown one is none', async () => {
  await using emulator = await start();
  const { id } = emulator.function('hello').instances()[0] ?? { id: '' };
  expect((await look(emulator, id)).data).toMatchObject({
    run: null,
    variable_names: null,
    readiness: null,
    health: null,
  });
  expect((await look(emulator, '0'.repeat(24))).status).toBe(404);
});

it('the name of a run for readers that follow its output holds from its claim to the next', async () => {
  await using emulator = await start();
  const nameOf = async (instanceId: string): Promise<string | null> => {
    const response = await fetch(`${emulator.controlUrl}/_emulator/instances/${instanceId}/logs?follow=true`, {
      headers: { 'X-CYCLE-ACCESS-KEY': accessKey },
    });
    void response.body?.cancel();
    return response.headers.get('Run');
  };
  const first = await emulator.claim('hello');
  const { instanceId } = first;
  const names = [await nameOf(instanceId)];
  await first.spawn();
  names.push(await nameOf(instanceId));
  await first.release();
  names.push(await nameOf(instanceId));
  const unused = await emulator.claim('hello');
  const next = await nameOf(instanceId);
  await unused.release();
  names.push(await nameOf(instanceId));
  expect(new Set(names).size).toBe(1);
  expect(next).not.toBe(names[0]);
  await (await emulator.claim('hello')).spawn();
  expect(await nameOf(instanceId)).toBe(next);
});
