import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../../../shared/errors.ts';
import { quote } from '../../../shared/render-value.ts';
import { withoutPassword } from '../../../shared/without-password.ts';

/** A Docker engine's address and why it was this one, for printing. */
export type Endpoint = {
  /** `unix://`, `npipe://`, `tcp://`, `http://`, `https://` or `ssh://`. */
  readonly url: string;
  /** In words that follow "chosen by", for instance `DOCKER_HOST`. */
  readonly chosenBy: string;
  readonly tls: EndpointTls | null;
};

/** Where `ca.pem`, `cert.pem` and `key.pem` lie, and whether the engine's certificate must be one of that authority. */
export type EndpointTls = { readonly certDir: string; readonly verify: boolean };

/** What of the machine decides on the endpoint, so that a test can be another machine. */
type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
};

/** Where an engine's socket lies by default. */
export const usualSocket = '/var/run/docker.sock';

const configDir = ({ env, home }: Pick<Surroundings, 'env' | 'home'>): string =>
  env['DOCKER_CONFIG'] || join(home, '.docker');

/**
 * An engine's address in one of the forms that the docker CLI takes, and `http://` and `https://` besides: without a
 * scheme it is a TCP address (but for a path, which is a socket's), what is left out is the usual, blanks around it do not
 * count. User and password of a TCP address serve nothing, so they go.
 *
 * @throws Error why it cannot be used, as the end of a sentence without its full stop
 */
const parseDockerAddress = (address: string, platform: NodeJS.Platform): string => {
  const text = address.trim();
  if (text.startsWith('/')) return socketAt(text);
  const [, scheme = 'tcp', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? [];
  if (rest.includes('://')) return refuse(unknownForm);
  switch (scheme.toLowerCase()) {
    case 'unix':
      return socketAt(rest || usualSocket);
    case 'npipe':
      if (platform !== 'win32') return refuse('only Windows has named pipes');
      return `npipe://${rest || '//./pipe/docker_engine'}`;
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

const refuse = (reason: string): never => {
  throw new Error(reason);
};

/** Absolute, for the watchdog works in another folder. */
const socketAt = (path: string): string => `unix://${resolve(path)}`;

/** The scheme stands in for one whose hosts and ports are read as those of web addresses. */
const parse = (rest: string): URL | null => {
  // An IPv6 address may stand without brackets where no port follows, a port without a host.
  const authority = isIPv6(rest) ? `[${rest}]` : rest.startsWith(':') ? `localhost${rest}` : rest || 'localhost';
  return URL.parse(`ws://${authority}`);
};

const parseNetworkAddress = (scheme: string, rest: string, usualPort: string): string => {
  const url = parse(rest);
  if (url === null) return refuse(unknownForm);
  // The URL drops a port that is usual for its scheme, so 80 is none to fill in for.
  const port = url.port || (/:0*80(?:[/?#]|$)/.test(rest) ? '80' : usualPort);
  return `${scheme}://${url.hostname}:${port}${url.pathname.replace(/\/$/, '')}`;
};

/** As `ssh` does, by the name of this user where none is given. */
const parseSshAddress = (rest: string): string => {
  const url = rest === '' ? null : parse(rest);
  if (url === null) return refuse(unknownForm);
  if (url.password !== '') return refuse('ssh:// takes the keys of an SSH agent, not a password');
  const port = url.port || (/:0*80$/.test(rest) ? '80' : '22');
  return `ssh://${url.username || encodeURIComponent(userInfo().username)}@${url.hostname}:${port}`;
};

/**
 * The endpoint of the current docker context, as the docker CLI keeps it on disk; null where the context is the default
 * one, which has no file.
 *
 * @throws EmulatorError `dockerUnreachable` when the context has no usable file.
 */
const loadContextEndpoint = (surroundings: Surroundings): Endpoint | null => {
  const folder = configDir(surroundings);
  const fromEnvironment = surroundings.env['DOCKER_CONTEXT'];
  const name = fromEnvironment || currentContext(folder);
  if (!name || name === 'default') return null;
  const source = `the docker context "${name}" of ${fromEnvironment ? 'DOCKER_CONTEXT' : join(folder, 'config.json')}`;
  const key = createHash('sha256').update(name).digest('hex');
  const endpoint = contextEndpoint(source, join(folder, 'contexts/meta', key, 'meta.json'));
  const certDir = join(folder, 'contexts/tls', key, 'docker');
  const tls = existsSync(certDir) ? { certDir, verify: endpoint.SkipTLSVerify !== true } : null;
  return { url: toUrl(endpoint.Host, source, surroundings.platform), chosenBy: source, tls };
};

type ContextEndpoint = { readonly Host: string; readonly SkipTLSVerify?: boolean };

const contextEndpoint = (source: string, file: string): ContextEndpoint => {
  let problem = 'names no Docker endpoint';
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints?: { docker?: Partial<ContextEndpoint> } };
    const endpoint = meta.Endpoints?.docker;
    if (endpoint?.Host) return { ...endpoint, Host: endpoint.Host };
  } catch (error) {
    problem = `cannot be read (${toMessage(error)})`;
  }
  throw new EmulatorError(
    errorCodes.dockerUnreachable,
    `Failed to find the Docker engine: ${source} ${problem}. Choose another with \`docker context use\`, or name the endpoint with --docker or DOCKER_HOST.`,
  );
};

const currentContext = (folder: string): string | undefined => {
  try {
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { currentContext?: string };
    return config.currentContext;
  } catch {
    // No file, or one that the docker CLI cannot read either: both leave the default context.
    return undefined;
  }
};

const here = (): Surroundings => ({ env: process.env, home: homedir(), platform: process.platform });

/**
 * Chooses the engine as the docker CLI would: option, `DOCKER_HOST`, current docker context; then the sockets that the
 * usual installations leave, in which the CLI shows less initiative. Whether an engine answers there is not its business.
 *
 * @throws EmulatorError `badOption` for an address of no known form, `dockerUnreachable` for a context that does not exist.
 */
export const loadEndpoint = (docker?: string, surroundings: Surroundings = here()): Endpoint => {
  const dockerHost = surroundings.env['DOCKER_HOST'];
  if (docker?.trim()) return toEndpoint(docker, 'the option --docker', surroundings);
  if (dockerHost?.trim()) return toEndpoint(dockerHost, 'DOCKER_HOST', surroundings);
  return loadContextEndpoint(surroundings) ?? usualEndpoint(surroundings);
};

const toEndpoint = (address: string, chosenBy: string, { env, home, platform }: Surroundings): Endpoint => {
  const url = toUrl(address, chosenBy, platform);
  const { protocol, port } = new URL(url);
  const verify = (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  const wantsTls = verify || (env['DOCKER_TLS'] ?? '') !== '' || protocol === 'https:' || port === '2376';
  const overNetwork = ['tcp:', 'http:', 'https:'].includes(protocol);
  const certDir = env['DOCKER_CERT_PATH'] || configDir({ env, home });
  return { url, chosenBy, tls: overNetwork && wantsTls ? { certDir, verify } : null };
};

const toUrl = (address: string, chosenBy: string, platform: NodeJS.Platform): string => {
  try {
    if (/\p{Cc}/u.test(address.trim())) throw new Error('it has a line break or another control character');
    return parseDockerAddress(address, platform);
  } catch (error) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to use the Docker endpoint ${quote(withoutPassword(address.trim()))} (chosen by ${chosenBy}): ${toMessage(error)}. Write it as unix:///path, npipe:////./pipe/name, tcp://host:port, https://host:port or ssh://user@host.`,
    );
  }
};

const usualEndpoint = (surroundings: Surroundings): Endpoint => {
  if (surroundings.platform === 'win32') {
    return { url: 'npipe:////./pipe/docker_engine', chosenBy: 'default, the usual named pipe', tls: null };
  }
  const found = usualSockets(surroundings).find(existsSync);
  const which = found ? 'the first of the usual sockets that exists' : 'none of the usual sockets exists';
  return { url: `unix://${found ?? usualSocket}`, chosenBy: `default, ${which}`, tls: null };
};

const usualSockets = ({ env, home }: Surroundings): readonly string[] => {
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  return [
    usualSocket,
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.rd/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    ...(runtimeDir ? [join(runtimeDir, 'docker.sock'), join(runtimeDir, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
};
