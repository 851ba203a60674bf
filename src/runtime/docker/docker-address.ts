import { isIPv6 } from 'node:net';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';

export type ParsedAddress =
  | { readonly ok: true; readonly url: string }
  /** Why it cannot be used, as the end of a sentence without its full stop. */
  | { readonly ok: false; readonly reason: string };

/**
 * An engine's address in one of the forms that the docker CLI takes, and `http://` and `https://` besides: without a
 * scheme it is a TCP address (but for a path, which is a socket's), what is left out is the usual, blanks around it do not
 * count. User and password of a TCP address serve nothing, so they go.
 */
export const parseDockerAddress = (address: string, platform: NodeJS.Platform): ParsedAddress => {
  const text = address.trim();
  if (text.startsWith('/')) return socketAt(text);
  const [, scheme = 'tcp', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? [];
  if (rest.includes('://')) return refuse(unknownForm);
  switch (scheme.toLowerCase()) {
    case 'unix':
      return socketAt(rest || '/var/run/docker.sock');
    case 'npipe':
      if (platform !== 'win32') return refuse('only Windows has named pipes');
      return { ok: true, url: `npipe://${rest || '//./pipe/docker_engine'}` };
    case 'tcp':
    case 'http':
      return parseNetworkAddress(scheme.toLowerCase(), rest, '2375');
    case 'https':
      return parseNetworkAddress('https', rest, '2376');
    case 'ssh':
      return parseSshAddress(rest);
    case 'fd':
      return refuse('fd:// is for the daemon that listens, not for its clients');
    default:
      return refuse(unknownForm);
  }
};

const unknownForm = 'its form is unknown';

const refuse = (reason: string): ParsedAddress => ({ ok: false, reason });

/** Absolute, for the watchdog works in another folder. */
const socketAt = (path: string): ParsedAddress => ({ ok: true, url: `unix://${resolve(path)}` });

/** The scheme stands in for one whose hosts and ports are read as those of web addresses. */
const parse = (rest: string): URL | null => {
  // An IPv6 address may stand without brackets where no port follows, a port without a host.
  const authority = isIPv6(rest) ? `[${rest}]` : rest.startsWith(':') ? `localhost${rest}` : rest || 'localhost';
  return URL.parse(`ws://${authority}`);
};

const parseNetworkAddress = (scheme: string, rest: string, usualPort: string): ParsedAddress => {
  const url = parse(rest);
  if (url === null) return refuse(unknownForm);
  // The URL drops a port that is usual for its scheme, so 80 is none to fill in for.
  const port = url.port || (/:0*80(?:[/?#]|$)/.test(rest) ? '80' : usualPort);
  return { ok: true, url: `${scheme}://${url.hostname}:${port}${url.pathname.replace(/\/$/, '')}` };
};

/** As `ssh` does, by the name of this user where none is given. */
const parseSshAddress = (rest: string): ParsedAddress => {
  const url = rest === '' ? null : parse(rest);
  if (url === null) return refuse(unknownForm);
  if (url.password !== '') return refuse('ssh:// takes the keys of an SSH agent, not a password');
  const port = url.port || (/:0*80$/.test(rest) ? '80' : '22');
  return { ok: true, url: `ssh://${url.username || encodeURIComponent(userInfo().username)}@${url.hostname}:${port}` };
};
