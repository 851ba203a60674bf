import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RemoteEngine, startRemoteEngine } from '../support/remote-engine.ts';

const program = fileURLToPath(new URL('../support/call-from-afar.ts', import.meta.url));

let remote: RemoteEngine;
beforeAll(async () => {
  remote = await startRemoteEngine();
}, 120_000);
afterAll(() => remote[Symbol.asyncDispose]());

type Outcome = {
  readonly port: number;
  readonly functionsUrl: string | null;
  readonly publishedHost: string;
  readonly printed: string;
  readonly answered: readonly [status: number, text: string];
  readonly warnings: readonly string[];
};

const callFromAfar = async (...args: readonly string[]): Promise<Outcome> =>
  JSON.parse(await remote.run(process.execPath, program, remote.url, ...args)) as Outcome;

test('an emulator is reached by functions of an engine on another machine where it is served at the address towards that', async () => {
  const { port, ...outcome } = await callFromAfar(remote.clientAddress);
  expect(outcome).toEqual({
    functionsUrl: `http://env-scheduler:${port}`,
    publishedHost: remote.engineAddress,
    printed: '1\n',
    answered: [200, 'web-1'],
    warnings: [],
  });
});

test('an emulator opens nothing to another machine by itself, and says which flags do', async () => {
  const { functionsUrl, publishedHost, printed, answered, warnings } = await callFromAfar('127.0.0.1');
  expect({ functionsUrl, publishedHost, printed, answered }).toEqual({
    functionsUrl: null,
    publishedHost: remote.engineAddress,
    printed: '0\n',
    answered: [200, 'web-1'],
  });
  expect(warnings).toEqual([
    `Failed to serve functions at http://env-scheduler: the engine is on another machine, ${remote.engineAddress}, and the API is not served at ${remote.clientAddress}. Serve it with --host ${remote.clientAddress}, or give the URL at which functions reach it with --functions-url.`,
  ]);
});
