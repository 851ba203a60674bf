import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { anyCharacter } from '../support/any-text.ts';
import { allowed, breachesOf, type Links } from '../support/openapi/arbitraries.ts';
import { type Answer, type Asked, ask, type Described, describedOperations } from '../support/openapi/operations.ts';
import { accessKey, sampleStack } from '../support/sample-stack.ts';

// What openapi.yaml allows and forbids, sent to an emulator. fast-check prints seed and example where something fails.
const seed = 20_251_129;
const functionName = 'job';
const instances = 3;
const lineMs = 1_000;
const json = { 'X-CYCLE-ACCESS-KEY': accessKey, 'Content-Type': 'application/json' };

const operations = await describedOperations();
const operation = (id: string): Described => {
  const found = operations.find((one) => one.id === id);
  if (found === undefined) throw new Error(`openapi.yaml has no operation ${id}`);
  return found;
};

let emulator: Emulator;
const failures: string[] = [];
beforeAll(async () => {
  emulator = await startEmulator({
    stack: sampleStack({ [functionName]: { instances, limits: { max_queue_time: '1s' } } }),
    runtime: 'simulated',
    logger: { info: () => {}, warn: () => {}, error: (_fields, message) => void failures.push(message) },
  });
});
afterAll(() => emulator.stop());

const idOf = (): string => emulator.function(functionName).id;

/** Sends a request, and checks that the answer is one that the description allows. */
const send = async (described: Described, asked: Partial<Asked> = {}): Promise<Answer> => {
  const { method, path } = described;
  const answer = await ask(emulator.port, { method, path: path(idOf()), headers: json, ...asked });
  expect(described.findFault(answer)).toBeNull();
  expect(answer.status).not.toBe(500);
  if (answer.status !== 200) {
    const { error } = JSON.parse(answer.body) as { error: { status: number; code: string } };
    expect(error).toMatchObject({ status: answer.status, code: expect.stringMatching(`^${answer.status}\\.`) });
  }
  return answer;
};
const sendBody = (described: Described, body: unknown): Promise<Answer> =>
  send(described, body === undefined ? {} : { body: JSON.stringify(body) });

/** A claim as its caller knows it. */
type Held = { readonly token: string; readonly instance_id: string; phase: 'claimed' | 'running' | 'over' };

const claim = async (token: string): Promise<Held> => {
  const { body } = await sendBody(operation('claimInstance'), { token });
  const { data } = JSON.parse(body) as { data: { instance_id: string; token: string } };
  expect(data.token).toBe(token);
  return { token, instance_id: data.instance_id, phase: 'claimed' };
};

beforeEach(async () => {
  await emulator.reset();
  emulator.clock.freeze();
});

describe('what openapi.yaml forbids', () => {
  let links: Links;
  /** All that a caller may see of the function. */
  const look = () => JSON.stringify(emulator.function(functionName).instances());
  const happened: unknown[] = [];
  beforeEach(async ({ onTestFinished }) => {
    const held = [await claim('a token'), await claim('another token')];
    await sendBody(operation('spawnInstance'), { ...held[1], phase: undefined });
    const one = fc.constantFrom(...held);
    links = { token: one.map(({ token }) => token), instance_id: one.map(({ instance_id }) => instance_id) };
    happened.length = 0;
    onTestFinished(emulator.events.subscribe((event) => void happened.push(event)));
  });

  /** Such requests are refused, and have done nothing. */
  const refuse = async (asked: fc.Arbitrary<Partial<Asked>>, described: Described): Promise<void> => {
    const before = look();
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const { status } = await send(described, request);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect({ state: look(), happened }).toEqual({ state: before, happened: [] });
      }),
      { numRuns: 40, seed },
    );
  };

  const withBody = operations.flatMap((described) =>
    described.body === null ? [] : [{ ...described, body: described.body }],
  );

  test.each(
    withBody.flatMap(({ id, body }) => breachesOf(body).map(({ constraint }, index) => ({ id, constraint, index }))),
  )('is refused of $id: $constraint', async ({ id, index }) => {
    const described = operation(id);
    const breach = breachesOf(described.body ?? {}, links)[index];
    await refuse(
      (breach?.values ?? fc.constant(null)).map((body) => ({ body: JSON.stringify(body) })),
      described,
    );
  });

  test.each(withBody)('is refused of $id: no body, or one of another type', async (described) => {
    const body = allowed(described.body, links).map((value) => JSON.stringify(value));
    const type = fc.constantFrom(
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
    );
    const other = fc.record({ body, type }).map(({ body: sent, type: given }) => ({
      body: sent,
      headers: { ...json, 'Content-Type': given },
    }));
    await refuse(
      fc.oneof(
        other,
        body.map((sent) => ({ body: sent.slice(0, -1) })),
        fc.constant({}),
      ),
      described,
    );
  });

  test.each(operations)('is refused of $id: no key, or another', async (described) => {
    const body =
      described.body === null ? fc.constant('') : allowed(described.body, links).map((value) => JSON.stringify(value));
    const key = fc.oneof(
      fc.constant({}),
      fc.stringMatching(/^[!-~]{1,30}$/).map((given) => ({ 'X-CYCLE-ACCESS-KEY': given })),
    );
    await refuse(
      fc
        .record({ body, key })
        .map((asked) => ({ body: asked.body, headers: { 'Content-Type': 'application/json', ...asked.key } })),
      described,
    );
  });

  test.each(operations)('is refused of $id: a container that there is not', async (described) => {
    const body =
      described.body === null ? fc.constant('') : allowed(described.body, links).map((value) => JSON.stringify(value));
    const id = fc.oneof(
      fc.string({ unit: anyCharacter, minLength: 1 }),
      fc.stringMatching(/^[0-9a-f]{24}$/),
      fc.constantFrom('.', '..', '%', 'job'),
    );
    await refuse(
      fc.record({ id, body }).map((asked) => ({ path: described.path(asked.id), body: asked.body })),
      described,
    );
  });

  test.each(operations)('is refused of $id: another method', async (described) => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
      (method) => method !== described.method,
    );
    const body = fc.jsonValue().map((value) => JSON.stringify(value));
    await refuse(fc.record({ method: fc.constantFrom(...methods), body }), described);
  });
});

describe('what openapi.yaml allows', () => {
  /** A request in order; `link` chooses the claim that its token and instance are of, if any. */
  const step = fc.oneof(
    ...operations.map((described) =>
      fc.record({
        id: fc.constant(described.id),
        body: described.body === null ? fc.constant(undefined) : allowed(described.body),
        link: fc.option(fc.nat(9), { freq: 6 }),
      }),
    ),
  );
  type Step = { readonly id: string; readonly body: unknown; readonly link: number | null };
  type Body = { readonly token: string; readonly runtime_variables?: Variables | null };
  type Variables = { readonly environment_variables?: Readonly<Record<string, string>> | null };

  const isPossible = ([name, value]: readonly [string, string]): boolean =>
    name !== '' && !/[=\0]/.test(name) && !value.includes('\0') && name.isWellFormed() && value.isWellFormed();
  const canRun = ({ runtime_variables: variables }: Body): boolean =>
    Object.entries(variables?.environment_variables ?? {}).every(isPossible);

  /** A claim gets a free instance, or is sent away once its time in line is over. */
  const stepClaim = async (held: Held[], token: string): Promise<void> => {
    if (held.filter(({ phase }) => phase !== 'over').length < instances) return void held.push(await claim(token));
    const queued = emulator.events.waitFor(({ name }) => name === 'claim.queued');
    const waiting = sendBody(operation('claimInstance'), { token });
    await queued;
    await emulator.clock.advance(lineMs);
    expect((await waiting).status).toBe(504);
  };

  /** A spawn or a release is granted exactly to the claim that may have it. */
  const stepClaimed = async (id: string, held: Held | undefined, body: Body): Promise<void> => {
    const sent = held === undefined ? body : { ...body, token: held.token, instance_id: held.instance_id };
    const { status } = await sendBody(operation(id), sent);
    const isLongEnough = [...sent.token].length >= 5;
    const may =
      id === 'spawnInstance'
        ? held?.phase === 'claimed' && canRun(body)
        : ['claimed', 'running'].includes(held?.phase ?? '');
    expect({ id, held, granted: status === 200 }).toEqual({ id, held, granted: may && isLongEnough });
    if (held !== undefined && status === 200) held.phase = id === 'spawnInstance' ? 'running' : 'over';
  };

  const stepActive = async (held: readonly Held[]): Promise<void> => {
    const { data } = JSON.parse((await send(operation('getActiveInstances'))).body) as { data: object };
    const running = held.filter(({ phase }) => phase === 'running').map(({ instance_id }) => instance_id);
    expect(Object.keys(data).toSorted()).toEqual(running.toSorted());
  };

  const take = async (held: Held[], { id, body, link }: Step): Promise<void> => {
    const linked = link === null || held.length === 0 ? undefined : held[link % held.length];
    if (id === 'claimInstance') await stepClaim(held, (body as Body).token);
    else if (id === 'getActiveInstances') await stepActive(held);
    else await stepClaimed(id, linked, body as Body);
  };

  test('is answered as it describes, in any order, and granted to the claim that it is linked to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), async (steps) => {
        await emulator.reset();
        emulator.clock.freeze();
        const held: Held[] = [];
        for (const one of steps) await take(held, one);
      }),
      { numRuns: 150, seed },
    );
    expect(failures).toEqual([]);
  });
});
