import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Alarm, createMovableClock } from '../../src/shared/clock.ts';
import { createAnswerRules } from './answers.ts';
import { createClaimRules } from './claims.ts';
import { createCheckRules, otherContainerId } from './requests.ts';
import { type Call, type Fn, type Instance, type Outcome, type Reference, type Rules, rejections } from './rules.ts';
import { createRunRules } from './runs.ts';

export interface ReferenceScheduler extends AsyncDisposable {
  readonly url: string;
  readonly accessKey: string;
  readonly containerIds: readonly [string, string];
  /** A container that is no function. */
  readonly otherContainerId: string;
  advance(ms: number): Promise<void>;
}

/** The same as in fixtures/probe.yaml, whose functions it stands for. */
const functions = [
  { id: '65a0000000000000000000c1', identifier: 'probe', poolSize: 4 },
  { id: '65a0000000000000000000c2', identifier: 'probe-two', poolSize: 2 },
] as const;

/**
 * Starts a scheduler that keeps the whole contract in the simplest way: in memory, without containers, and without a line
 * of the emulator. `spoil` replaces some of its rules.
 */
export const startReferenceScheduler = async (
  spoil: (rules: Rules, reference: Reference) => void = () => {},
): Promise<ReferenceScheduler> => {
  const reference = createReference();
  spoil(reference.rules, reference);
  const server = createServer((request, response) => void serve(reference, request, response));
  // Longer than any test waits between two requests: a connection closed just when it is used again looks like a fault.
  server.keepAliveTimeout = 120_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKey: reference.accessKey,
    containerIds: [functions[0].id, functions[1].id],
    otherContainerId,
    advance: (ms) => reference.clock.advance(ms),
    [Symbol.asyncDispose]: async () => {
      for (const alarm of reference.alarms) alarm.cancel();
      server.close().closeAllConnections();
      await once(server, 'close');
    },
  };
};

const createReference = (): Reference & { readonly alarms: ReadonlySet<Alarm> } => {
  const clock = createMovableClock();
  const alarms = new Set<Alarm>();
  const reference = {
    accessKey: 'reference-secret-4f1d',
    clock,
    functions: functions.map(createFunction),
    rules: {} as Rules,
    alarms,
    alarm: (afterMs: number, ring: () => void): Alarm => {
      const alarm = clock.alarm(clock.now() + afterMs, () => {
        alarms.delete(alarm);
        ring();
      });
      alarms.add(alarm);
      return alarm;
    },
  };
  Object.assign(
    reference.rules,
    { refuse: { ...rejections } },
    createCheckRules(reference),
    createClaimRules(reference),
    createRunRules(reference),
    createAnswerRules(reference),
  );
  return reference;
};

const createFunction = ({ id, identifier, poolSize }: (typeof functions)[number]): Fn => {
  const fn: Fn = { id, identifier, instances: [], free: [], line: [] };
  for (let seed = 0; seed < poolSize; seed += 1) {
    const instance: Instance = {
      id: `${id.slice(0, 20)}f${poolSize}a${seed}`,
      seed,
      fn,
      token: null,
      claimedAt: 0,
      spawnedAt: null,
      lease: null,
      run: null,
      stopping: false,
      pastToken: null,
    };
    fn.instances.push(instance);
    fn.free.push(instance);
  }
  return fn;
};

const serve = async ({ rules }: Reference, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  try {
    const call: Call = {
      method: request.method ?? '',
      path,
      query: new URLSearchParams(query),
      rawHeaders: request.rawHeaders,
      key: request.headers['x-cycle-access-key']?.toString(),
      contentType: request.headers['content-type'] ?? '',
      text: await text(request),
      connection: request.socket,
      hungUp: gone.signal,
      operation: null,
      fn: null,
      fields: {},
    };
    rules.send(response, rules.answer(await act(rules, call), call), call);
  } catch {
    // A mutant may throw any error; the caller then finds the connection closed, as after a crash.
    response.destroy();
  }
};

const act = async (rules: Rules, call: Call): Promise<Outcome> => {
  for (const name of rules.checkOrder) {
    const rejection = rules.checks[name](call);
    if (rejection) return { rejection };
  }
  if (call.operation === 'active') return { data: rules.active(call.fn as Fn) };
  return await rules[call.operation as 'claim' | 'spawn' | 'release'](call);
};
