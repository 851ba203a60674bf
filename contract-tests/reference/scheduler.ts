import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Alarm, createMovableClock } from '../../src/shared/clock.ts';
import { createAnswerRules } from './answers.ts';
import { createClaimRules } from './claims.ts';
import { type ReferenceGateway, startReferenceGateway } from './gateway.ts';
import type { GatewayChange } from './gateway-rules.ts';
import { accept, createCheckRules, otherContainerId } from './requests.ts';
import { type Call, type Change, type Fn, type Outcome, type Reference, type Rules, rejections } from './rules.ts';
import { createRunRules } from './runs.ts';

export interface ReferenceScheduler extends AsyncDisposable {
  readonly url: string;
  readonly accessKey: string;
  readonly containerIds: readonly [string, string];
  /** A container that is no function. */
  readonly otherContainerId: string;
  advance(ms: number): Promise<void>;
  /** Functions over HTTP; the changes replace some of the gateway's rules. */
  openGateway(...changes: readonly GatewayChange[]): Promise<ReferenceGateway>;
}

/**
 * Starts a scheduler that keeps the whole contract in the simplest way: in memory, without containers, and without a line
 * of the emulator; and then the changes, each of which replaces some of its rules.
 */
export const startReferenceScheduler = async (...changes: readonly Change[]): Promise<ReferenceScheduler> => {
  const reference = createReference();
  for (const change of changes) replaceRules(reference, change);
  const server = createServer((request, response) => void serve(reference, request, response));
  // Longer than any test waits between two requests: a connection closed just when it is used again looks like a mutant.
  server.keepAliveTimeout = 120_000;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessKey: reference.accessKey,
    containerIds: [reference.functions[0].id, reference.functions[1].id],
    otherContainerId,
    advance: (ms) => reference.clock.advance(ms),
    openGateway: (...own) => startReferenceGateway(reference, ...own),
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
    // The same as in fixtures/probe.yaml, whose functions they stand for.
    functions: [
      createFunction('65a0000000000000000000c1', 'probe', 4),
      createFunction('65a0000000000000000000c2', 'probe-two', 2),
    ] as const,
    // The rules need one another, by way of the reference.
    get rules() {
      return rules;
    },
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
  const rules: Rules = {
    refuse: { ...rejections },
    ...createCheckRules(reference),
    ...createClaimRules(reference),
    ...createRunRules(reference),
    ...createAnswerRules(reference),
  };
  return reference;
};

const replaceRules = (reference: Reference, change: Change): void => {
  const { rules } = reference;
  const { refuse, ...others } = typeof change === 'function' ? change(rules, reference) : change;
  Object.assign(rules, others);
  Object.assign(rules.refuse, refuse);
};

const createFunction = (id: string, identifier: string, poolSize: number): Fn => {
  const fn: Fn = { id, identifier, instances: [], free: [], line: [] };
  for (let seed = 0; seed < poolSize; seed += 1) {
    fn.instances.push({
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
    });
  }
  fn.free.push(...fn.instances);
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
    const rejection = rules[name](call);
    if (rejection) return { rejection };
  }
  const accepted = accept(call);
  if (call.operation === null) throw new Error('No check has found the operation.');
  return call.operation === 'active' ? { data: rules.active(accepted.fn) } : await rules[call.operation](accepted);
};
