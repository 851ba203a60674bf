import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { unlessAborted } from '../shared/async.ts';

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
/** By doubling, half of the wait would come after the function is there. */
const growth = 1.25;

const staysOpenMs = 50;

/** After how long without a byte either side is asked whether it is still there; one that is gone is noticed ten seconds later. */
export const keepAliveMs = 30_000;

/**
 * The first connection that the function accepts; the request is to go over it, since some functions accept only one.
 *
 * @throws the signal's reason: nothing else ends the wait
 */
export const reach = async (address: Address, signal: AbortSignal): Promise<Socket> => {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(growth * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    // An engine may answer late, or never.
    const listens = address.listensInside === null ? true : await unlessAborted(signal, address.listensInside());
    const socket = listens === false ? null : await tryConnect(address, listens ?? false, signal);
    if (socket !== null) return socket;
    await pause(pauseMs, undefined, { signal }).catch(() => {});
  }
};

/**
 * Null where the port does not accept, or the signal aborts before it does.
 *
 * @param isKnown whether a connection that is accepted is the function's for certain
 */
const tryConnect = ({ host, port }: Address, isKnown: boolean, signal: AbortSignal): Promise<Socket | null> =>
  new Promise((resolve) => {
    // Half open, because a function may end its side of an upgraded connection before the caller does.
    const kept = { keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, ...kept });
    readOnWhereWritesFail(socket);
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

/**
 * Has a socket read on where its writes fail. A function that answers without reading the request to its end, and closes,
 * resets the connection: Node would take the first write that fails for the end, and lose the answer that has come before. The
 * reset ends the reading, too, and in its turn. A write that failed is never called back, so no more are made.
 */
const readOnWhereWritesFail = (socket: Socket): void => {
  const write = socket._write.bind(socket);
  const writeMany = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, unlessFailed(callback));
  if (writeMany !== undefined) socket._writev = (chunks, callback) => writeMany(chunks, unlessFailed(callback));
};

const unlessFailed =
  (callback: (error?: Error | null) => void) =>
  (error?: Error | null): void => {
    if (!error) callback();
  };
