import { createServer } from 'node:http';
import express from 'express';
import { expect, test } from 'vitest';
import { silentLogger } from '../shared/logger.ts';
import { openFunctionSide } from './servers.ts';

const app = express().get('/', (_request, response) => {
  response.send('here');
});

const expectedPort = 40_080;

const open = async (addresses: readonly string[], host = '127.0.0.1', port = 4280) => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) };
  const side = await openFunctionSide({ app, addresses, host, port, expectedPort, logger });
  return { side, warnings };
};

/** An address of this machine's that no other test listens on. */
const loopback = (last: number): string => `127.80.80.${last}`;

/** A foreign server on the port of an address. */
const occupy = async (address: string): Promise<AsyncDisposable> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(expectedPort, address, resolve));
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
};

test('the env-scheduler server serves at the expected port of the address until it is disposed of', async () => {
  const { side, warnings } = await open([loopback(1)]);
  expect(side.url).toBe('http://env-scheduler');
  expect(await (await fetch(`http://${loopback(1)}:${expectedPort}`)).text()).toBe('here');
  await side[Symbol.asyncDispose]();
  await expect(fetch(`http://${loopback(1)}:${expectedPort}`)).rejects.toThrow('fetch failed');
  expect(warnings).toEqual([]);
});

test('the env-scheduler server opens no port where the API is served at the expected port of every address', async () => {
  const { side, warnings } = await open([loopback(2)], '0.0.0.0', expectedPort);
  expect(side.url).toBe('http://env-scheduler');
  expect(warnings).toEqual([]);
});

test("the env-scheduler server serves at the API's own port where another has the expected one, and says so", async () => {
  await using _other = await occupy(loopback(3));
  const { side, warnings } = await open([loopback(3)], '127.0.0.1', 41_283);
  await using _side = side;
  expect(side.url).toBe('http://env-scheduler:41283');
  expect(await (await fetch(`http://${loopback(3)}:41283`)).text()).toBe('here');
  expect(warnings).toEqual([
    `Failed to serve functions at http://env-scheduler: another process has port 40080 of ${loopback(3)}. Let them call http://env-scheduler:41283.`,
  ]);
});

test('the env-scheduler server listens on further addresses that the API is not served at', async () => {
  await using side = (await open([loopback(4), '::1'], '0.0.0.0', expectedPort)).side;
  expect(side.url).toBe('http://env-scheduler');
  expect(await (await fetch(`http://[::1]:${expectedPort}`)).text()).toBe('here');
});

test('the env-scheduler server has Docker Desktop’s name where the network is on another machine', async () => {
  const { side, warnings } = await open(['10.255.255.1']);
  expect(side.url).toBe('http://host.docker.internal:4280');
  expect(warnings).toEqual([
    'Failed to serve functions at http://env-scheduler: their network is not on this machine. With Docker Desktop, let them call http://host.docker.internal:4280.',
  ]);
});

test('the env-scheduler server does not listen where there is no network', async () => {
  expect((await open([])).side.url).toBeNull();
});

test('the env-scheduler server is the API’s own address for functions on another machine', async () => {
  const there = { app, addresses: ['192.0.2.7'], elsewhere: 'far', port: 4280, logger: silentLogger };
  expect((await openFunctionSide({ ...there, host: '0.0.0.0' })).url).toBe('http://env-scheduler:4280');
  expect((await openFunctionSide({ ...there, host: '192.0.2.7', port: 80 })).url).toBe('http://env-scheduler');
});

test('the env-scheduler server opens no port to another machine by itself, and names the flags that do', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) };
  const there = { app, elsewhere: 'far', host: '127.0.0.1', port: 4280, logger };
  expect((await openFunctionSide({ ...there, addresses: ['192.0.2.7'] })).url).toBeNull();
  expect((await openFunctionSide({ ...there, addresses: [] })).url).toBeNull();
  expect(warnings.map((warning) => /is on another machine, far(.*)$/.exec(warning)?.[1])).toEqual([
    ', and the API is not served at 192.0.2.7. Serve it with --host 192.0.2.7, or give the URL at which functions reach it with --functions-url.',
    '. Where they can, give the URL at which functions reach it with --functions-url.',
  ]);
});
