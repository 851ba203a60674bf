import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmulatorError, errorCodes, toMessage } from '../../shared/errors.ts';
import { type ContainerContext, configDir, type Endpoint } from './endpoint.ts';

/**
 * The endpoint of the current docker context, as the docker CLI keeps it on disk; null where the context is the default
 * one, which has no file.
 *
 * @throws EmulatorError `dockerUnreachable` when the context has no usable file.
 */
export const loadContextEndpoint = (surroundings: ContainerContext): Endpoint | null => {
  const folder = configDir(surroundings);
  const fromEnvironment = surroundings.env['DOCKER_CONTEXT'];
  const name = fromEnvironment || currentContext(folder);
  if (!name || name === 'default') return null;
  const source = fromEnvironment ? 'DOCKER_CONTEXT' : join(folder, 'config.json');
  const key = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts/meta', key, 'meta.json');
  const endpoint = contextEndpoint(name, source, file);
  const certDir = join(folder, 'contexts/tls', key, 'docker');
  return {
    url: endpoint.Host,
    chosenBy: `the docker context "${name}" of ${source}`,
    tls: existsSync(certDir) ? { certDir, verify: endpoint.SkipTLSVerify !== true } : null,
  };
};

type ContextEndpoint = { readonly Host: string; readonly SkipTLSVerify?: boolean };

const contextEndpoint = (name: string, source: string, file: string): ContextEndpoint => {
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
    `Failed to find the Docker engine: the docker context "${name}" of ${source} ${problem}. Choose another with \`docker context use\`, or name the endpoint with --docker or DOCKER_HOST.`,
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
