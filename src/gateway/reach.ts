import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, pause as pauseOn } from '../shared/clock.ts';
import { unavailable } from './failure.ts';

/** Where an instance's port is reached from here. */
export type Address = {
  readonly host: string;
  readonly port: number;
  /**
   * Set where that is a published port: a proxy of the engine's accepts for a function that does not listen yet, and
   * closes then. Answers whether the function's own port accepts, seen from inside its network; null where that cannot be
   * seen. Then a connection counts only when it has stayed open for a moment.
   */
  readonly listensInside: (() => Promise<boolean | null>) | null;
};

/** Nothing announces that a process listens, so its port is asked: often at first, since most functions start quickly. */
const firstPauseMs = 1;
const longestPauseMs = 50;

const staysOpenMs = 50;

type Reach = {
  readonly address: Address;
  /** How long, by the clock, a function may take to listen. */
  readonly withinMs: number;
  /** The port inside the container, for people. */
  readonly insidePort: number;
  readonly clock: Clock;
  /** Ends the wait; its reason is thrown. */
  readonly signal: AbortSignal;
};

/**
 * The first connection that the function accepts; the request is to go over it, since some functions accept only one.
 *
 * @throws GatewayFailure where none is accepted in time, and the signal's reason
 */
export const reach = async ({ address, withinMs, insidePort, clock, signal }: Reach): Promise<Socket> => {
  const settled = new AbortController();
  const overdue = new AbortController();
  void pauseOn(clock, withinMs, signal, settled.signal).then((isOver) => {
    if (isOver)
      overdue.abort(unavailable(504, `The function did not listen on port ${insidePort} within ${withinMs / 1000} s.`));
  });
  const either = AbortSignal.any([signal, overdue.signal]);
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      either.throwIfAborted();
      const listens = await within(either, address.listensInside?.() ?? true);
      const socket = listens === false ? null : await tryConnect(address, listens ?? false, either);
      if (socket !== null) return socket;
      await pause(pauseMs, undefined, { signal: either }).catch(() => {});
    }
  } finally {
    settled.abort();
  }
};

/** The promise's value; false once the signal aborts: an engine may answer late, or never. */
const within = async <Value>(signal: AbortSignal, promise: Value | Promise<Value>): Promise<Value | false> => {
  const aborted = Promise.withResolvers<false>();
  const giveUp = (): void => aborted.resolve(false);
  signal.addEventListener('abort', giveUp, { once: true });
  return await Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', giveUp));
};

/**
 * Null where the port does not accept, or the signal aborts before it does.
 *
 * @param isKnown whether a connection that is accepted is the function's for certain
 */
const tryConnect = ({ host, port }: Address, isKnown: boolean, signal: AbortSignal): Promise<Socket | null> =>
  new Promise((resolve) => {
    // Half open, because a function may end its side of an upgraded connection before the caller does.
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    let patience: NodeJS.Timeout | undefined;
    const settle = (answer: Socket | null): void => {
      clearTimeout(patience);
      signal.removeEventListener('abort', giveUp);
      for (const event of ['connect', 'readable', 'end', 'close'] as const) socket.removeAllListeners(event);
      if (answer === null) socket.destroy();
      resolve(answer);
    };
    const giveUp = (): void => settle(null);
    signal.addEventListener('abort', giveUp, { once: true });
    // Stays: an error that comes before the request has the socket would end the process. `close` follows.
    socket.on('error', () => {});
    socket.once('close', () => settle(null));
    socket.once('connect', () => {
      if (isKnown) return settle(socket);
      patience = setTimeout(() => settle(socket), staysOpenMs);
      // Looks for an end without taking bytes.
      socket.on('readable', () => socket.read(0));
      socket.once('end', () => settle(null));
    });
  });
