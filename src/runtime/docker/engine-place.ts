import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import { isLoopback } from '../../shared/addresses.ts';
import type { Endpoint } from './endpoint.ts';

/** Another machine that an engine is on, or another network namespace, which comes to the same. */
export type Elsewhere = {
  /** As the endpoint names it. */
  readonly host: string;
  /** This machine's address towards it; null where it is unknown, as behind an SSH server. */
  readonly localAddress: string | null;
  /** On which of its addresses the ports of functions are published there. */
  readonly publishOn: string;
};

const answerWithinMs = 5_000;

/**
 * Where an engine is that is reached over a network; null where it is on this machine. A connection shows that: on
 * one machine both its ends have the same address, or one that no other machine can have.
 */
export const findElsewhere = async ({ url }: Endpoint): Promise<Elsewhere | null> => {
  if (/^(unix|npipe):/.test(url)) return null;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  // A user of SSH may reach the loopback by a tunnel, and such machines are often open to all.
  if (protocol === 'ssh:') return isLoopback(host) ? null : { host, localAddress: null, publishOn: '127.0.0.1' };
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerWithinMs) });
    const [local, remote] = [socket.localAddress, socket.remoteAddress].map((address = '') => withoutMapping(address));
    if (local === undefined || remote === undefined || local === remote || isLoopback(remote)) return null;
    return { host, localAddress: local, publishOn: isIPv6(remote) ? '::' : '0.0.0.0' };
  } catch {
    // The engine has answered a moment ago; what is wrong with it now, the next request to it shows.
    return null;
  } finally {
    socket.destroy();
  }
};

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
