import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { withoutPassword } from '../../shared/without-password.ts';
import { parseDockerAddress } from './docker-address.ts';
import { loadContextEndpoint } from './docker-context.ts';
import { type ContainerContext, configDir, type Endpoint, usualSocket } from './endpoint.ts';

const here = (): ContainerContext => ({ env: process.env, home: homedir(), platform: process.platform });

/**
 * Chooses the engine as the docker CLI would: option, `DOCKER_HOST`, current docker context; then the sockets that the
 * usual installations leave, in which the CLI shows less initiative. Whether an engine answers there is not its business.
 *
 * @throws EmulatorError `badOption` for an address of no known form, `dockerUnreachable` for a context that does not exist.
 */
export const loadEndpoint = (docker?: string, surroundings: ContainerContext = here()): Endpoint => {
  const dockerHost = surroundings.env['DOCKER_HOST'];
  if (docker?.trim()) return toEndpoint(docker, 'the option --docker', surroundings);
  if (dockerHost?.trim()) return toEndpoint(dockerHost, 'DOCKER_HOST', surroundings);
  const context = loadContextEndpoint(surroundings);
  if (context === null) return usualEndpoint(surroundings);
  return { ...context, url: toUrl(context.url, context.chosenBy, surroundings.platform) };
};

const toEndpoint = (address: string, chosenBy: string, { env, home, platform }: ContainerContext): Endpoint => {
  const url = toUrl(address, chosenBy, platform);
  const { protocol, port } = new URL(url);
  const verify = (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  const wantsTls = verify || (env['DOCKER_TLS'] ?? '') !== '' || protocol === 'https:' || port === '2376';
  const overNetwork = ['tcp:', 'http:', 'https:'].includes(protocol);
  const certDir = env['DOCKER_CERT_PATH'] || configDir({ env, home });
  return { url, chosenBy, tls: overNetwork && wantsTls ? { certDir, verify } : null };
};

const toUrl = (address: string, chosenBy: string, platform: NodeJS.Platform): string => {
  const parsed = parseDockerAddress(address, platform);
  if (parsed.ok) return parsed.url;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to use the Docker endpoint "${withoutPassword(address.trim())}" (chosen by ${chosenBy}): ${parsed.reason}. Write it as unix:///path, npipe:////./pipe/name, tcp://host:port, https://host:port or ssh://user@host.`,
  );
};

const usualEndpoint = (surroundings: ContainerContext): Endpoint => {
  if (surroundings.platform === 'win32') {
    return { url: 'npipe:////./pipe/docker_engine', chosenBy: 'default, the usual named pipe', tls: null };
  }
  const sockets = usualSockets(surroundings);
  const found = sockets.find(existsSync);
  return found
    ? { url: `unix://${found}`, chosenBy: 'default, the first of the usual sockets that exists', tls: null }
    : { url: `unix://${usualSocket}`, chosenBy: 'default, none of the usual sockets exists', tls: null };
};

const usualSockets = ({ env, home }: ContainerContext): readonly string[] => {
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
