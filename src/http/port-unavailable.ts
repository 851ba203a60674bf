import { EmulatorError, errorCodes } from '../errors.ts';
import { livePath } from './health.ts';
import { findPortHolder } from './port-holder.ts';
import { toUrl } from './to-url.ts';

const probeMs = 1_000;

/** What an emulator at this address says of itself; null when nobody answers, or somebody else does. */
const askForEmulator = async (url: string): Promise<{ session: string; startedAt: string } | null> => {
  try {
    const response = await fetch(`${url}${livePath}`, { signal: AbortSignal.timeout(probeMs) });
    const body = (await response.json()) as { data?: { session?: unknown; started_at?: unknown } } | null;
    const { session, started_at: startedAt } = body?.data ?? {};
    return typeof session === 'string' && typeof startedAt === 'string' ? { session, startedAt } : null;
  } catch {
    return null;
  }
};

const describeBusyPort = async (host: string, port: number): Promise<string> => {
  const [holder, emulator] = await Promise.all([findPortHolder(port), askForEmulator(toUrl(host, port))]);
  const who = holder === null ? 'another process' : `process ${holder.pid} (${holder.command})`;
  return emulator === null
    ? `${who} has the port. Stop that process, or choose another port.`
    : `${who} has the port, and it is an emulator (session ${emulator.session}, started ${emulator.startedAt}). Use or stop that one, or choose another port.`;
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
