import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSchedulerApi } from '../../src/openapi/load.ts';
import { startOddServer } from '../../test/support/odd-server.ts';
import { type SimulatedTarget, startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { fieldOf } from '../model/json.ts';
import { runContract } from '../suites/index.ts';

const container = '65a0000000000000000000c1';
const against = { accessKey: 'some-key', containers: [container], ledgerFolder: false, requestTimeoutMs: 500 } as const;

describe('a run is unreachable (exit code 3) against', () => {
  test('a port at which nothing listens', async () => {
    const server = await startOddServer(() => {});
    await server[Symbol.asyncDispose]();
    const result = await runContract({ ...against, url: server.url });
    expect(result).toMatchObject({ verdict: 'unreachable', exitCode: 3, cases: [] });
    expect(result.message).toMatch(
      /^Failed to reach a scheduler at .*ECONNREFUSED.*\. Start the scheduler, or correct the URL\.$/,
    );
  });

  test('a host that has no address', async () => {
    const result = await runContract({ ...against, url: 'http://no-such-host.invalid' });
    expect(result).toMatchObject({ exitCode: 3, message: expect.stringContaining('no-such-host.invalid') });
  });

  test('a web server that is no scheduler', async () => {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>');
    });
    const result = await runContract({ ...against, url: server.url });
    expect(result).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('no scheduler (status 404, text/html)'),
    });
  });

  test('a server that answers JSON and is no scheduler', async () => {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"world"}');
    });
    expect(await runContract({ ...against, url: server.url })).toMatchObject({ exitCode: 3 });
  });

  test('a server that hangs, within the time-out', async () => {
    await using server = await startOddServer(() => {});
    const startedAt = performance.now();
    const result = await runContract({ ...against, url: server.url });
    expect(result).toMatchObject({ exitCode: 3, message: expect.stringContaining('no complete answer within 0.5 s') });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

test('a server that answers the examples of openapi.yaml and does nothing passes checks of form and fails those of behaviour', async () => {
  const { components } = readSchedulerApi();
  const example = (name: string) => JSON.stringify(fieldOf(components, 'examples', name, 'value'));
  const byAction: Readonly<Record<string, string>> = {
    claim: example('Claimed'),
    spawn: example('Spawned'),
    release: example('Released'),
    active: example('Active').replaceAll('65f1c0ffee0000000000c001', container),
  };
  await using server = await startOddServer((incoming, response) => {
    const body = byAction[/[a-z]+(?=(\?.*)?$)/.exec(incoming.url ?? '')?.[0] ?? ''] ?? '{"data":{}}';
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const options = { ...against, url: server.url, settleMs: 50, advanceClock: () => Promise.resolve() };
  const { verdict, cases } = await runContract({ ...options, callback: { mode: 'off' } });
  expect(verdict).toBe('broken');
  expect(cases.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  const broken = cases.flatMap(({ checks }) => checks).filter(({ met }) => !met);
  expect(broken.filter(({ rule }) => rule.startsWith('Bodies are as openapi.yaml describes them'))).toEqual([]);
  expect(cases.find(({ id }) => id === 'ACTIVE-001')).toMatchObject({ outcome: 'pass' });
  for (const id of ['ACCESS-001', 'CLAIM-002', 'SPAWN-004', 'LEASE-002']) {
    expect(cases.find((one) => one.id === id)).toMatchObject({ outcome: 'fail' });
  }
});

test('a run waits until the claims of the run before it have run out', async () => {
  await using target = await startSimulatedTarget();
  const held = await Promise.all(Array.from({ length: 4 }, () => target.emulator.claim('probe')));
  const { verdict, message } = await runContract({ ...target.options, only: ['CLAIM-001', 'CLAIM-008'] });
  expect(verdict, message).toBe('conforms');
  expect(new Set(held.map(({ instanceId }) => instanceId)).size).toBe(4);
}, 30_000);

describe('a run against the emulator', () => {
  let target: SimulatedTarget;
  beforeAll(async () => {
    target = await startSimulatedTarget('batch');
  });
  afterAll(async () => await target[Symbol.asyncDispose]());

  test('with a wrong key is unreachable, which is no verdict on the contract', async () => {
    const result = await runContract({ ...target.options, accessKey: 'no-such-key' });
    expect(result).toMatchObject({ exitCode: 3, message: expect.stringContaining('refuses the access key') });
  });

  test('sends no more than its level allows', async () => {
    const { steps } = await stepsOf({ level: 'probe' });
    expect(
      steps.filter(({ response, operation }) => response?.status === 200 && operation === 'claimInstance'),
    ).toEqual([]);
    const claiming = await stepsOf({ level: 'claim' });
    expect(
      claiming.steps.filter(({ operation, response }) => operation === 'spawnInstance' && response?.status === 200),
    ).toEqual([]);
  });

  test('sends no more than its bounds allow', async () => {
    const { result } = await stepsOf({ bounds: { maxClaims: 3, maxSpawns: 0 } });
    const granted = result.cases
      .flatMap(({ steps }) => steps)
      .filter(({ operation, response }) => operation === 'claimInstance' && response?.status === 200);
    expect(granted).toHaveLength(3);
    expect(result.cases.find(({ id }) => id === 'SPAWN-001')).toMatchObject({
      outcome: 'skip',
      message: expect.stringContaining('the run may make only'),
    });
    expect(result.verdict).toBe('conforms');
  });

  test('has no verdict where no documented case ran', async () => {
    expect(await runContract({ ...target.options, only: ['ADDRESS-013'] })).toMatchObject({ exitCode: 2 });
  });

  test('leaves it as it was, also when the run is stopped in the middle', async () => {
    const stop = new AbortController();
    const result = await runContract({
      ...target.options,
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.type === 'case-started' && progress.id === 'CLAIM-004') stop.abort();
      },
    });
    expect(result).toMatchObject({ verdict: 'interrupted', exitCode: 130, leftovers: [] });
    expect(target.emulator.readiness().functions.map(({ claimed, active }) => claimed + active)).toEqual([0]);
  });

  test('accepts a known difference, and names it once it no longer differs', async () => {
    const knownDifferences = [{ id: 'ADDRESS-010', reason: 'as agreed', date: '2025-06-01' }];
    await using server = await startOddServer((incoming, response) => {
      const isOdd = !/\/(claim|spawn|release|active)(\?.*)?$/.test(incoming.url ?? '');
      if (isOdd) response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oops</h1>');
      else forward(incoming, response);
    });
    const options = { ...target.options, url: server.url, only: ['ADDRESS-010', 'ACCESS-001'] };
    expect(await runContract(options)).toMatchObject({ exitCode: 1 });
    const accepted = await runContract({ ...options, knownDifferences });
    expect(accepted).toMatchObject({ exitCode: 0, cases: [{}, { outcome: 'known-difference' }] });
    // The list cannot rot: what no longer differs has to go.
    const mended = await runContract({ ...options, url: target.options.url, knownDifferences });
    expect(mended).toMatchObject({
      exitCode: 1,
      cases: [{}, { message: expect.stringContaining('No longer different') }],
      message: 'A known difference no longer differs: remove ADDRESS-010 from the list.',
    });
    // One list serves several runs.
    const other = await runContract({ ...options, only: ['ACCESS-001'], knownDifferences });
    expect(other).toMatchObject({
      exitCode: 0,
      warnings: ['This run does not say whether 1 known difference still holds: ADDRESS-010.'],
    });
  });

  test('fails over a warning only where it is strict', async () => {
    await using server = await startOddServer((incoming, response) =>
      forward(incoming, response, 'application/json; charset=latin1'),
    );
    const options = { ...target.options, url: server.url, only: ['ACTIVE-001'] };
    expect(await runContract(options)).toMatchObject({ exitCode: 0, cases: [{ outcome: 'warn' }] });
    expect(await runContract({ ...options, strict: true })).toMatchObject({ exitCode: 1 });
  });

  test('ends where the scheduler is lost in the middle', async () => {
    const server = await startOddServer((incoming, response) => forward(incoming, response));
    const result = await runContract({
      ...target.options,
      url: server.url,
      only: ['ACCESS'],
      onProgress: (progress) => {
        if (progress.type === 'case-started' && progress.id === 'ACCESS-003') void server[Symbol.asyncDispose]();
      },
    });
    expect(result).toMatchObject({ exitCode: 3, message: expect.stringContaining('any longer') });
    expect(result.cases.length).toBeLessThan(6);
  });

  const stepsOf = async (options: object) => {
    const result = await runContract({ ...target.options, ...options });
    return { result, steps: result.cases.flatMap(({ steps }) => steps) };
  };

  /** Passes a request on, with more in the envelope of a good answer. */
  const forward = (
    incoming: Parameters<Parameters<typeof startOddServer>[0]>[0],
    response: Parameters<Parameters<typeof startOddServer>[0]>[1],
    contentType = 'application/json',
  ): void => {
    const { method, url, headers } = incoming;
    const outgoing = request(new URL(url ?? '/', target.options.url), {
      method: method ?? 'GET',
      headers,
      agent: false,
    });
    outgoing.on('response', async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      response.writeHead(answer.statusCode ?? 500, { 'content-type': contentType }).end(Buffer.concat(parts));
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };
});

test.each([
  ['a text that is no URL', { url: 'nowhere' }],
  ['a URL with a secret in it', { url: 'http://user:secret@127.0.0.1' }],
  ['an empty key', { accessKey: '' }],
  ['no container', { containers: [] }],
  ['a text that is no container ID', { containers: ['hello'] }],
  ['an unknown case', { only: ['CLIAM'] }],
  ['an unknown level', { level: 'everything' as never }],
  ['a negative time to explore', { exploreSeconds: -1 }],
  ['a seed that is no whole number', { seed: 1.5 }],
])('runContract throws for %s, and says what to do', async (_what, options) => {
  const running = runContract({ ...against, url: 'http://127.0.0.1:1', ...options });
  await expect(running).rejects.toMatchObject({
    code: 'ERR_BAD_OPTION',
    message: expect.stringMatching(/^Failed to .*: .*\. .*\.$/),
  });
  await expect(running).rejects.not.toMatchObject({ message: expect.stringContaining('user:secret') });
});
