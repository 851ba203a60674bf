import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { livePath } from './health.ts';

/**
 * Where a client on this machine reaches a server that listens on `host`: "any address" is not a destination everywhere,
 * and an IPv6 address stands in brackets. No slash at the end.
 */
export const toUrl = (host: string, port: number): string => {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

const probeMs = 1_000;

/** What an emulator at this address says of itself; null when none answers. */
const askForEmulator = async (url: string): Promise<{ session: string; pid: number; startedAt: string } | null> => {
  try {
    const response = await fetch(`${url}${livePath}`, { signal: AbortSignal.timeout(probeMs) });
    const body = (await response.json()) as { data?: Record<string, unknown> } | null;
    const { session, pid, started_at: startedAt } = body?.data ?? {};
    return typeof session === 'string' && typeof pid === 'number' && typeof startedAt === 'string'
      ? { session, pid, startedAt }
      : null;
  } catch {
    return null;
  }
};

const describeBusyPort = async (host: string, port: number): Promise<string> => {
  const emulator = await askForEmulator(toUrl(host, port));
  return emulator === null
    ? 'another process has the port. Stop that process (`ss -ltnp` shows it), or choose another port.'
    : `an emulator has the port (process ${emulator.pid}, session ${emulator.session}, started ${emulator.startedAt}). Use or stop that one, or choose another port.`;
};

const describe = async (error: NodeJS.ErrnoException, host: string, port: number): Promise<string> => {
  switch (error.code) {
    case 'EADDRINUSE':
      return await describeBusyPort(host, port);
    case 'EACCES':
      return 'this user may not use the port (EACCES); ports below 1024 often need privileges. Choose a port above 1023.';
    case 'EADDRNOTAVAIL':
      return 'no network interface of this machine has the address (EADDRNOTAVAIL). Listen on 127.0.0.1, or on an address the machine has.';
    case 'ENOTFOUND':
      return 'the host name is unknown (ENOTFOUND). Listen on 127.0.0.1, or on an address the machine has.';
    default:
      return `${error.message}. Choose another address or port.`;
  }
};

/** Why the server cannot listen, in one line. */
export const toListenError = async (error: NodeJS.ErrnoException, host: string, port: number): Promise<EmulatorError> =>
  new EmulatorError(
    errorCodes.portUnavailable,
    `Failed to listen on ${host} port ${port}: ${await describe(error, host, port)}`,
    { cause: error },
  );
