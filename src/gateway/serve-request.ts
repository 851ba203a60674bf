import { addAbortListener } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { meetDelays } from '../faults/call-faults.ts';
import type { FaultSource } from '../faults/faults.ts';
import { InjectedFailure, isDone } from '../faults/injected-failure.ts';
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
  deaf,
  endedTooEarly,
  FaultFailure,
  type GatewayFailure,
  neverReady,
} from './failure.ts';
import { type Asked, toAsked } from './headers.ts';
import { type KeptLeases, Lease, type LeaseParts } from './lease.ts';
import { type Cut, type Exchange, letCallerFinish, passOn } from './pass-on.ts';
import { type Address, reach } from './reach.ts';

export type GatewayParts = LeaseParts & {
  readonly domains: Domains;
  readonly clock: Clock;
  readonly faults: FaultSource;
  /** Where the port of the instance is reached. */
  readonly addressOf: (lease: Pick<Lease, 'network' | 'publishedPorts'>, port: number) => Address;
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
 * Serves one request by an instance of its own, from the claim to the release. Never rejects.
 *
 * @param kept where the instance is its connection's, from one request to the next
 */
export const serveRequest = async (
  parts: GatewayParts,
  exchange: Exchange,
  kept: KeptLeases | null = null,
): Promise<void> => {
  const { request, response } = exchange;
  const stopwatch = new Stopwatch();
  const arrivedAt = parts.clock.now();
  const recorder = parts.record?.() ?? null;
  const stop = new AbortController();
  response.once('close', () => stop.abort(callerGone));
  const known: Partial<Known> = {};
  let failure: GatewayFailure | null = null;
  try {
    const asked = toAsked(request);
    known.asked = asked;
    const destination = parts.domains.find(asked.host, asked.target);
    known.destination = destination;
    let step: Step = 'claim';
    const claim = () =>
      Lease.claim(parts, destination, stop.signal, () => {
        stopwatch.lap(step);
        step = 'queue';
      });
    const lease = (await kept?.take(request.socket, destination)) ?? (await claim());
    known.lease = lease;
    stopwatch.lap(step);
    await runOn(parts, exchange, { asked, destination, lease, stop, stopwatch, recorder });
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
  letCallerFinish(exchange);
  const outcome = { ...toOutcome(exchange, known, failure), durationMs: stopwatch.totalMs };
  parts.emit({ name: 'linked.request', ...outcome, at: parts.clock.now() });
  recorder?.end({ ...outcome, at: arrivedAt });
  if (kept !== null && failure === null && known.lease !== undefined) await kept.keep(request.socket, known.lease);
  else await known.lease?.release();
};

const toOutcome = (
  { request, response }: Exchange,
  { asked, destination, lease }: Partial<Known>,
  failure: GatewayFailure | null,
): Omit<LinkedRequest, 'at' | 'durationMs'> => ({
  containerId: destination?.containerId ?? null,
  instanceId: lease?.instanceId ?? null,
  method: request.method ?? '',
  host: asked?.host.slice(0, mostTextLength) ?? '',
  path: asked?.target.replace(/\?.*/s, '').slice(0, mostTextLength) ?? '',
  status: hasAnswered(response) ? response.statusCode : null,
  ending: failure?.ending ?? 'no_error',
  ...(failure === null ? {} : { reason: failure.message }),
});

/** A response that became a connection of another protocol has sent its headers by another way. */
const hasAnswered = ({ headersSent, statusCode }: ServerResponse): boolean => headersSent || statusCode === 101;

/** What becomes known of a request on its way. */
type Known = { asked: Asked; destination: Destination; lease: Lease };

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
  { asked, destination, lease, stop, stopwatch, recorder }: Use,
): Promise<void> => {
  const { request, response } = exchange;
  const { signal } = stop;
  const { containerId, identifier, port, reachWithinMs: withinMs } = destination;
  const { instanceId, token } = lease;
  // An answer that has begun may go on while the run is being stopped; only its end breaks it off then.
  using _over = addAbortListener(lease.over, () => {
    if (!hasAnswered(response)) stop.abort(lease.over.reason);
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
    await unlessAborted(signal, lease.spawn());
    stopwatch.lap('spawn');
    const cut = await meet('reach');
    const alarm = clock.alarm(clock.now() + withinMs, () => {
      stop.abort(lease.isReady ? deaf(port, withinMs) : neverReady(identifier, withinMs));
    });
    try {
      // Before the connection: functions that serve one at a time would not answer their check while it is open.
      await unlessAborted(signal, lease.ready);
      const socket = await reach(addressOf(lease, port), signal);
      if (cut === null) return socket;
      socket.destroy();
      throw cut.reason;
    } finally {
      alarm.cancel();
    }
  };
  const socket = await connect().catch((error: unknown) =>
    throwWithExit(lease, error, identifier, lease.isReady ? `listened on port ${port}` : 'was ready'),
  );
  stopwatch.lap('reach');
  // The function may do without the body; a caller that asks first sends it only now.
  const { headers, httpVersion } = request;
  if (headers.expect?.toLowerCase() === '100-continue' && httpVersion === '1.1') response.writeContinue();
  try {
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
    if (hasAnswered(response)) throw error;
    await throwWithExit(lease, error, identifier, 'answered');
  } finally {
    socket.destroy();
  }
};

/** Throws the failure, or the end of the process that caused it, which is known a moment after that of its connection. */
const throwWithExit = async (lease: Lease, error: unknown, name: string, before: string): Promise<never> => {
  if (error instanceof ConnectionEnded) await atMost(endsWithinMs, lease.ended);
  throw lease.exit !== null && asFailure(error).status === 502 ? endedTooEarly(name, lease.exit, before) : error;
};

/** Answers a failure, or breaks the connection where half an answer is on its way already. */
const refuse = ({ request, response }: Exchange, failure: GatewayFailure, { statuses }: GatewayPolicies): void => {
  const { status, message, isTemporary, ending } = failure;
  if (status === null || hasAnswered(response)) return breakOff(response);
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
