import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOddServer } from '../../test/support/odd-server.ts';
import { type SimulatedTarget, startSimulatedTarget } from '../../test/support/simulated-target.ts';
import { runContract } from '../suites/index.ts';

const mistyped = '65a0000000000000000000cc';
const known = '65a0000000000000000000c1';
const notFunction = '65a0000000000000000000c9';
const few = { only: ['ACTIVE-001'], exploreSeconds: 0, ledgerFolder: false } as const;

describe('a container that the emulator does not have', () => {
  let target: SimulatedTarget;
  beforeAll(async () => {
    target = await startSimulatedTarget('probe');
  });
  afterAll(async () => await target[Symbol.asyncDispose]());
  const functions = () => target.options.containers.slice(0, 1);
  const other = () => target.options.nonFunctionContainer ?? '';

  test.each(['probe', 'claim', 'disruptive'] as const)('ends the run before any case at level %s', async (level) => {
    const options = { ...target.options, ...few, level, containers: [...functions(), mistyped] };
    const result = await runContract(options);
    expect(result).toMatchObject({ verdict: 'unreachable', exitCode: 3, cases: [] });
    expect(result.message).toContain(`serves no function ${mistyped}`);
    expect(result.message).toMatch(/404\.container\)\. Correct --container, /);
  });

  test('may be a container that is no function, or a function given as none', async () => {
    const { nonFunctionContainer: _, ...rest } = target.options;
    const asFunction = await runContract({ ...rest, ...few, containers: [other()] });
    expect(asFunction.message).toContain(`serves no function ${other()}`);
    const [one = '', two = ''] = target.options.containers;
    const asNone = await runContract({ ...rest, ...few, containers: [one], nonFunctionContainer: two });
    expect(asNone).toMatchObject({ exitCode: 3, message: expect.stringContaining(`container ${two} is given as one`) });
    expect(target.emulator.readiness().functions.map(({ claimed }) => claimed)).toEqual([0, 0]);
  });

  test('is none that its stack has', async () => {
    expect(await runContract({ ...target.options, ...few })).toMatchObject({ verdict: 'conforms' });
  });
});

type Answer = readonly [status: number, code?: string];

const toBody = ([status, code]: Answer): object =>
  status === 200
    ? { data: { instance_id: '0'.repeat(24) } }
    : { error: { status, code, title: 'It is refused.' }, data: null };

/** A scheduler that answers an operation on a container as the table has it; what is not in it is granted. */
const startScheduler = async (answers: (container: string, action: string) => Answer | undefined) => {
  const claims: string[] = [];
  const server = await startOddServer((request, response) => {
    const [, container = '', action = ''] = /functions\/([^/]+)\/(\w+)/.exec(request.url ?? '') ?? [];
    const isOurs = request.headers['x-cycle-access-key'] === 'some-key';
    const answer = isOurs ? (answers(container, action) ?? [200]) : ([401, '401.auth-invalid'] as const);
    if (action === 'claim') claims.push(container);
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(toBody(answer)));
  });
  return { ...server, claims };
};

describe('a container that other schedulers do not have', () => {
  const against = { accessKey: 'some-key', ...few, requestTimeoutMs: 500, settleMs: 10 } as const;
  const run = async (
    answers: (container: string, action: string) => Answer | undefined,
    options: Partial<Parameters<typeof runContract>[0]> = {},
  ) => {
    await using server = await startScheduler(answers);
    return await runContract({ ...against, url: server.url, containers: [mistyped], ...options });
  };
  const refusing =
    (...answer: Answer) =>
    (): Answer =>
      answer;

  test.each([
    ['as forbidden', refusing(403, '403.permissions')],
    [
      'with an empty list',
      (_id: string, action: string) => (action === 'active' ? ([200] as const) : ([404, '404.container'] as const)),
    ],
    [
      'with another code for each operation',
      (_id: string, action: string) => [action === 'claim' ? 422 : 404, `404.${action}`] as const,
    ],
  ])('ends the run where the scheduler refuses it %s', async (_how, answers) => {
    const result = await run(answers);
    expect(result).toMatchObject({ exitCode: 3, cases: [], message: expect.stringContaining('serves no function') });
  });

  test.each([
    [
      'lists nothing for any container, and has no instance free',
      (id: string, action: string): Answer | undefined => {
        if (action === 'active') return [200];
        if (action === 'claim') return id === known ? [503, '503.not-ready'] : [404, '404.container'];
        return [404, '404.instance'];
      },
    ],
    [
      'lists nothing for any container, and has no instance free in the same words',
      (_id: string, action: string): Answer | undefined => (action === 'active' ? [200] : [403, '403.not-ready']),
    ],
    [
      'lists nothing for any, and grants the claim',
      (id: string, action: string): Answer | undefined => {
        if (action === 'active') return [200];
        if (action === 'claim') return id === known ? undefined : [404, '404.container'];
        return [404, '404.instance'];
      },
    ],
    [
      'has no list',
      (id: string, action: string): Answer | undefined => {
        if (action === 'active') return [404, '404.uri'];
        if (action === 'claim') return id === known ? undefined : [404, '404.container'];
        return [404, '404.instance'];
      },
    ],
    ['fails', refusing(500, '500.unknown')],
    ['is mute about which', refusing(429, '429.rate-limiting')],
  ])('does not end the run where the scheduler %s', async (_what, answers) => {
    const result = await run(answers, { containers: [known] });
    expect(result.verdict).not.toBe('unreachable');
    expect(result.cases.length).toBeGreaterThan(0);
  });

  test('costs no claim at level probe or where claims are counted', async () => {
    for (const options of [{ level: 'probe' }, { only: ['CLAIM-001'], bounds: { maxClaims: 1 } }] as const) {
      await using server = await startScheduler((_id, action) =>
        action === 'active' ? [404, '404.container'] : [404, '404.container'],
      );
      const result = await runContract({ ...against, url: server.url, containers: [mistyped], ...options });
      expect({ exitCode: result.exitCode, claims: server.claims }).toEqual({ exitCode: 3, claims: [] });
    }
  });

  test('may be given as no function where the scheduler refuses its claim', async () => {
    const inEnvironment = [known, notFunction];
    const answers = (id: string, action: string): Answer | undefined => {
      if (!inEnvironment.includes(id)) return [404, '404.container'];
      if (action === 'active' || (action === 'claim' && id === known)) return undefined;
      return action === 'claim' ? [422, '422.not-compatible'] : [404, '404.instance'];
    };
    const result = await run(answers, { containers: [known], nonFunctionContainer: notFunction });
    expect(result.verdict).not.toBe('unreachable');
  });
});

describe('a base URL at which there is no path of the API', () => {
  const wrong = { exitCode: 3, cases: [], message: expect.stringMatching(/no path of the API .*Correct the URL/) };
  const against = { accessKey: 'some-key', ...few, containers: [known], requestTimeoutMs: 500, settleMs: 10 } as const;

  test.each(['/v1', '/v1/functions', '/nosuch', '/_emulator', `/v1/functions/${known}/claim`])(
    'ends the run before any case: %s',
    async (path) => {
      await using target = await startSimulatedTarget();
      const options = { ...target.options, ...few, url: `${target.options.url}${path}` };
      for (const level of ['probe', 'claim'] as const) {
        expect(await runContract({ ...options, level })).toMatchObject(wrong);
      }
    },
  );

  test.each<[string, Answer]>([
    ['404.uri', [404, '404.uri']],
    ['a code that is not the API’s', [404, 'NOT_FOUND']],
  ])('is one where each request is answered 404 with %s', async (_code, answer) => {
    await using server = await startScheduler(() => answer);
    for (const level of ['probe', 'claim', 'disruptive'] as const) {
      expect(await runContract({ ...against, url: server.url, level })).toMatchObject(wrong);
    }
  });

  test.each(['claim', 'spawn', 'release', 'active'])('is none where there is a path for %s alone', async (only) => {
    await using server = await startScheduler((id, action) => {
      if (action !== only) return [404, '404.uri'];
      return action === 'active' && id === known ? undefined : [422, '422.invalid-input'];
    });
    const result = await runContract({ ...against, url: server.url, only: ['ACCESS-001'] });
    expect(result.verdict).not.toBe('unreachable');
    expect(result.cases).toHaveLength(1);
  });

  test('is no reason to say that a scheduler conforms which refuses all', async () => {
    await using server = await startScheduler((_id, action) =>
      action === 'active' ? [404, '404.uri'] : [404, '404.instance'],
    );
    const result = await runContract({ ...against, url: server.url, level: 'probe', only: ['ACCESS-005'] });
    expect(result).toMatchObject({ verdict: 'incomplete', exitCode: 2, cases: [{ outcome: 'pass' }] });
    expect(result.message).toMatch(/^No operation of the API succeeded, so /);
  });
});
