/**
 * Where a client on this machine reaches a server that listens on `host`: "any address" is not a destination everywhere,
 * and an IPv6 address stands in brackets. No slash at the end.
 */
export const toUrl = (host: string, port: number): string => {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};
