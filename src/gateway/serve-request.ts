import { addAbortListener, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { meetDelays } from '../faults/call-faults.ts';
import type { FaultSource } from '../faults/faults.ts';
import { InjectedFailure, isDone } from '../faults/injected-failure.ts';
import { endOnceRead, welcomeBody } from '../http/request-body.ts';
import type { GatewayPolicies } from '../profile/imitate-gateway.ts';
import type { LinkedRecorder } from '../recording/linked-exchanges.ts';
import type { LinkedRequest, LinkedRequestEvent } from '../recording/linked-request.ts';
import { atMost, unlessAborted } from '../shared/async.ts';
import type { Clock } from '../shared/clock.ts';
import type { Destination, Domains } from './domains.ts';
import {
  asFailure,
  ConnectionEnded,
  callerGone,
  endedTooEarly,
  FaultFailure,
  type GatewayFailure,
  neverListened,
  neverReady,
} from './failure.ts';
import { type Asked, toAsked } from './headers.ts';
import { type Cut, type Exchange, isSending, passOn } from './pass-on.ts';
import { type Address, reach } from './reach.ts';
import { type InstanceParts, type KeptInstances, ServingInstance } from './serving-instance.ts';

export type GatewayParts = InstanceParts & {
  readonly domains: Domains;
  readonly clock: Clock;
  readonly faults: FaultSource;
  /** Where the port of the instance is reached. */
  readonly addressOf: (instance: Pick<ServingInstance, 'network' | 'publishedPorts'>, port: number) => Address;
  readonly emit: (event: LinkedRequestEvent) => void;
  /** Records a request from its beginning; null where none is recorded. */
  readonly record?: () => LinkedRecorder | null;
  readonly policies: GatewayPolicies;
};

/** How long a process that has closed its connection may take to end, so that its exit code can be said. */
const endsWithinMs = 2_000;

/** Of what a caller wrote, in an event: events are kept. */
const mostTextLength = 1_000;

/**
 * Serves one request by an instance of its own, from the claim to the release. Never rejects. `closing` breaks it off.
 *
 * @param kept where the instance is its connection's, from one request to the next
 */
export const serveRequest = async (
  parts: GatewayParts & { readonly closing: AbortSignal },
  exchange: Exchange,
  kept: KeptInstances | null = null,
): Promise<void> => {
  const { request, response } = exchange;
  const stopwatch = new Stopwatch();
  const arrivedAt = parts.clock.now();
  const recorder = parts.record?.() ?? null;
  const stop = new AbortController();
  response.once('close', () => stop.abort(callerGone));
  // A function that does not read hides that its caller is gone.
  using _closing = addAbortListener(parts.closing, () => stop.abort(callerGone));
  const known: Partial<Known> = {};
  let failure: GatewayFailure | null = null;
  try {
    const asked = toAsked(request);
    known.asked = asked;
    const destination = parts.domains.find(asked.host, asked.target);
    known.destination = destination;
    let step: Step = 'claim';
    const onQueued = (): void => {
      stopwatch.lap(step);
      step = 'queue';
    };
    const instance =
      (await kept?.take(request.socket, destination)) ??
      (await ServingInstance.claim(parts, destination, stop.signal, onQueued));
    known.instance = instance;
    // It may have been granted at the very moment at which the caller left.
    stop.signal.throwIfAborted();
    stopwatch.lap(step);
    await runOn(parts, exchange, { asked, destination, instance, stop, stopwatch, recorder });
  } catch (error) {
    failure = response.closed ? callerGone : asFailure(error);
    if (failure.ending === 'unknown_error') parts.logger.error({ err: error }, 'linked request');
    try {
      refuse(exchange, failure, parts.policies);
    } catch (refused) {
      parts.logger.error({ err: refused }, 'linked request');
      response.destroy();
    }
  }
  if (isSending(request)) endOnceRead(request.resume(), response);
  const outcome = { ...toOutcome(exchange, known, failure), durationMs: stopwatch.totalMs };
  parts.emit({ name: 'linked.request', ...outcome, at: parts.clock.now() });
  recorder?.end({ ...outcome, at: arrivedAt });
  if (kept !== null && failure === null && known.instance !== undefined)
    await kept.keep(request.socket, known.instance);
  else await known.instance?.release();
};

const toOutcome = (
  { request, response }: Exchange,
  { asked, destination, instance }: Partial<Known>,
  failure: GatewayFailure | null,
): Omit<LinkedRequest, 'at' | 'durationMs'> => ({
  containerId: destination?.containerId ?? null,
  instanceId: instance?.instanceId ?? null,
  method: request.method ?? '',
  host: asked?.host.slice(0, mostTextLength) ?? '',
  path: asked?.target.replace(/\?.*/s, '').slice(0, mostTextLength) ?? '',
  status: response.headersSent ? response.statusCode : null,
  ending: failure?.ending ?? 'no_error',
  ...(failure === null ? {} : { reason: failure.message }),
});

/** What becomes known of a request on its way. */
type Known = { asked: Asked; destination: Destination; instance: ServingInstance };

type Use = Known & {
  /** Aborts where nothing is to be answered by the function any more: when the caller goes, or the function takes too long. */
  readonly stop: AbortController;
  readonly stopwatch: Stopwatch;
  readonly recorder: LinkedRecorder | null;
};

/** Spawns the claimed instance, waits until it listens, and passes the request on. */
const runOn = async (
  { clock, faults, addressOf, policies }: GatewayParts,
  exchange: Exchange,
  { asked, destination, instance, stop, stopwatch, recorder }: Use,
): Promise<void> => {
  const { request, response } = exchange;
  const { signal } = stop;
  const { containerId, identifier, port, reachWithinMs: withinMs } = destination;
  const { instanceId, token } = instance;
  // An answer that has begun may go on while the run is being stopped; only its end breaks it off then.
  using _over = addAbortListener(instance.over, () => {
    if (!response.headersSent) stop.abort(instance.over.reason);
  });
  /** Waits for the delays that are set on a step, or throws in its place. Answers where it is to break off, or null. */
  const meet = async (operation: keyof typeof effects): Promise<Cut | null> => {
    const step = { operation, containerId, instanceId, token };
    const hit = await meetDelays(faults, effects[operation], step, [signal]);
    signal.throwIfAborted();
    if (hit === null) return null;
    const reason = new InjectedFailure(operation, hit);
    if (hit.effect.type === 'breakOff') return { bytes: hit.effect.bytes, reason };
    if (isDone(hit.effect)) return { bytes: null, reason };
    throw reason;
  };
  const connect = async (): Promise<Socket> => {
    await unlessAborted(signal, instance.spawn());
    stopwatch.lap('spawn');
    const cut = await meet('reach');
    const alarm = clock.alarm(clock.now() + withinMs, () => {
      stop.abort(instance.isReady ? neverListened(port, withinMs) : neverReady(identifier, withinMs));
    });
    try {
      // Before the connection: functions that serve one at a time would not answer their check while it is open.
      await unlessAborted(signal, instance.ready);
      const connection = await reach(addressOf(instance, port), signal);
      if (cut === null) return connection;
      connection.destroy();
      throw cut.reason;
    } finally {
      alarm.cancel();
    }
  };
  let socket: Socket | null = null;
  try {
    socket = await connect();
    stopwatch.lap('reach');
    // The function may do without the body; a caller that asks first sends it only now.
    welcomeBody(request, response);
    await passOn({
      ...exchange,
      socket,
      target: destination.target,
      host: asked.host,
      forwarded: policies.forwarded,
      ownHeaders: () => {
        stopwatch.lap('function');
        return ['Server-Timing', stopwatch.header];
      },
      idleMs: destination.idleMs,
      clock,
      recorder,
      cut: await meet('pass-on'),
      stop,
    });
  } catch (error) {
    if (response.headersSent) throw error;
    const before = instance.isReady ? `listened on port ${port}` : 'was ready';
    throw await toCause(error, instance, socket === null ? before : 'answered');
  } finally {
    socket?.destroy();
  }
};

/** The failure, or the end of the process that caused it, which is known a moment after that of its connection. */
const toCause = async (error: unknown, instance: ServingInstance, before: string): Promise<unknown> => {
  if (error instanceof ConnectionEnded && !instance.over.aborted)
    await atMost(endsWithinMs, once(instance.over, 'abort'));
  const { exit, target } = instance;
  return exit !== null && asFailure(error).status === 502 ? endedTooEarly(target.identifier, exit, before) : error;
};

/** Answers a failure, or breaks the connection where half an answer is on its way already. */
const refuse = ({ request, response }: Exchange, failure: GatewayFailure, { statuses }: GatewayPolicies): void => {
  const { status, message, isTemporary, ending } = failure;
  if (status === null || response.headersSent) return breakOff(response);
  const body = `${ending}: ${message}\n`;
  // It may hold the reason phrase of a function's answer that could not be passed on.
  response.statusMessage = '';
  response.writeHead(failure instanceof FaultFailure ? status : (statuses[status] ?? status), {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(isTemporary ? { 'Retry-After': '1' } : {}),
    // Where a request is ambiguous, so is what comes behind it.
    ...(ending === 'connection_invalid' ? { Connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
};

const breakOff = (response: ServerResponse): void => {
  const { socket, headersSent, req } = response;
  // In HTTP/1.1 an answer has a length or chunks, which say that it is not whole, and a reset would take back what is on its way.
  if (socket === null || (headersSent && req.httpVersionMinor > 0)) response.destroy();
  else socket.resetAndDestroy();
};

const effects = { reach: ['error', 'reset'], 'pass-on': ['error', 'reset', 'breakOff'] } as const;

/** What a request waits for. Only one that finds no free instance is in the line, `queue`. */
type Step = 'claim' | 'queue' | 'spawn' | 'reach' | 'function';

/** Real milliseconds of the steps of a request, as the header Server-Timing has them. */
class Stopwatch {
  readonly #startedAt = performance.now();
  readonly #laps: string[] = [];
  #last = this.#startedAt;

  lap(step: Step): void {
    const now = performance.now();
    this.#laps.push(`${step};dur=${toTenth(now - this.#last)}`);
    this.#last = now;
  }

  get totalMs(): number {
    return toTenth(performance.now() - this.#startedAt);
  }

  get header(): string {
    return this.#laps.join(', ');
  }
}

const toTenth = (ms: number): number => Math.round(ms * 10) / 10;
