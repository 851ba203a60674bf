import { isIP } from 'node:net';

export const hostNameRule = 'a host name such as emulator.test, without scheme and port';

/** Whether it is the name of a host as a browser sends it, without a port. */
export const isHostName = (text: string): boolean =>
  text.length <= 253 && /^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]*[a-z\d_])?)*$/i.test(text);

/** Without the port, an IPv6 address without its brackets. */
const withoutPort = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1');

/**
 * Whether the page may be served under what a `Host` header has. Under a name it may be the page of another site, whose owner
 * has the name mean this machine (DNS rebinding). An address stands for itself, and `localhost` is the machine's own
 * (RFC 6761).
 */
export const isPageHost = (header: string, allowed: readonly string[]): boolean => {
  const host = withoutPort(header);
  if (isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost')) return true;
  return allowed.some((name) => name.toLowerCase() === host);
};
