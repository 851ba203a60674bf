import { expect, test } from 'vitest';
import type { FunctionSetup } from '../engine/service.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import { whileNetworkIsUp } from './pools.ts';

/** What an engine is asked for around the work. */
const around = async (product: string, address: string, work: () => Promise<unknown> = () => Promise.resolve()) => {
  const log: string[] = [];
  const container = { name: 'hello-1', publishedPorts: [80] };
  const runtime = {
    engine: { product },
    prepare: ({ publishedPorts }: typeof container, { hot }: { hot: boolean }) => {
      log.push(`prepare ${hot ? 'hot' : 'cold'} with ${publishedPorts.length} ports`);
      return Promise.resolve({ remove: async () => void log.push('remove') });
    },
  };
  const setup = { pool: { instanceIdAt: () => 'one' }, describeInstance: () => ({ container }) };
  const network = { number: 1, ipv6: false, schedulerAddresses: [address] };
  const doing = whileNetworkIsUp(
    runtime as unknown as ContainerRuntime,
    network,
    [setup as unknown as FunctionSetup],
    async () => {
      log.push('work');
      await work();
    },
  );
  await doing.catch((error: Error) => log.push(error.message));
  return log;
};

const absent = '192.0.2.1';

test('a container on Podman runs on the network for as long as the work takes', async () => {
  expect(await around('Podman', absent)).toEqual(['prepare hot with 0 ports', 'work', 'remove']);
});

test('the container on Podman is removed where the work fails, too', async () => {
  const fail = () => Promise.reject(new Error('failed'));
  expect(await around('Podman', absent, fail)).toEqual(['prepare hot with 0 ports', 'work', 'remove', 'failed']);
});

test('Podman needs no container where one runs already', async () => {
  expect(await around('Podman', '127.0.0.1')).toEqual(['work']);
});

test('Docker needs no container, whether or not the network is on this machine', async () => {
  expect(await around('Docker', absent)).toEqual(['work']);
});
