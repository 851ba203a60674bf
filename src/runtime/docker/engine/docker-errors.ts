import { statSync } from 'node:fs';
import { EmulatorError, errorCodes, toMessage } from '../../../shared/errors.ts';
import { isContained } from '../../../shared/values.ts';
import { withoutPassword } from '../../../shared/without-password.ts';
import { type Endpoint, usualSocket } from './endpoint.ts';

type EngineFailure = { readonly statusCode?: number; readonly code?: string; readonly json?: unknown };

const failureOf = (error: unknown): EngineFailure => (error instanceof Error ? (error as EngineFailure) : {});

/** The HTTP status the engine answered; null where it did not answer. */
export const statusOf = (error: unknown): number | null => failureOf(error).statusCode ?? null;

/** The engine's own words on one line, without the client's prefix. */
export const reasonOf = (error: unknown): string => {
  const { json } = failureOf(error);
  const said = typeof json === 'object' && json !== null && 'message' in json ? String(json.message) : toMessage(error);
  return oneLine(said.replace(/^\(HTTP code \d+\) [^-]*- /, ''));
};

/** A reason as the middle of a sentence: one line, no full stop at its end. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');

/** Whether the connection failed, rather than what was asked. Errors of files carry an errno too, and a path besides. */
export const isDisconnection = (error: unknown): boolean =>
  error instanceof Error && statusOf(error) === null && 'code' in error && !('path' in error);

/** Lets pass what says "already so"; everything else is thrown on. */
export const ignoreStatus =
  (...statuses: readonly number[]) =>
  (error: unknown): void => {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  };

/** Whether the connection broke while the request was on its way. */
export const isReset = (error: unknown): boolean => ['EPIPE', 'ECONNRESET'].includes(failureOf(error).code ?? '');

const start = 'Start Docker, or name another endpoint with --docker or DOCKER_HOST';

/** Why no engine answers and what to do about it, by the transport's error code. */
const explanations: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOENT: ['there is no socket', start],
  ECONNREFUSED: ['no process listens there', start],
  ECONNRESET: [
    'the connection was cut',
    'Check that the engine runs, and that the endpoint speaks plain HTTP or TLS as set',
  ],
  EPIPE: ['the connection was cut', 'Check that the engine runs'],
  EACCES: [
    'this user may not open the socket',
    'Add the user to the group that owns the socket (usually `docker`) and log in again, or use rootless Docker',
  ],
  ENOTFOUND: ['the host name is unknown', 'Check the address'],
  EHOSTUNREACH: ['the host cannot be reached', 'Check the address and the network'],
  ETIMEDOUT: ['no answer in time', 'Check the address, and that no firewall is in the way'],
  ABORT_ERR: ['no answer in time', 'Check that the engine is not stuck (`docker version`), and the address'],
};

const remedyFor = (code: string): string =>
  /CERT|SIGNATURE/.test(code)
    ? 'Check the certificates in DOCKER_CERT_PATH: ca.pem must be of the authority that signed the engine’s certificate'
    : 'Check that a Docker engine runs there';

/** The one error for an engine that cannot be talked to: which endpoint, how chosen, what happened, what to do. */
export const toUnreachable = (
  endpoint: Endpoint,
  error: unknown,
  contained: boolean = isContained(),
): EmulatorError => {
  if (error instanceof EmulatorError) return error;
  const code = codeOf(error);
  const [reason, usual] = explain(error);
  const remedy = (contained ? remedyInContainer(endpoint, code) : null) ?? usual;
  const errno = code === '' || code === 'ABORT_ERR' ? '' : ` (${code})`;
  return new EmulatorError(
    errorCodes.dockerUnreachable,
    `Failed to reach Docker at ${withoutPassword(endpoint.url)} (chosen by ${endpoint.chosenBy}): ${reason}${errno}. ${remedy}.`,
    { cause: error },
  );
};

/** For `catch`: throws that the engine cannot be reached. */
export const unreachable =
  (endpoint: Endpoint) =>
  (error: unknown): never => {
    throw toUnreachable(endpoint, error);
  };

/** What gives a container the engine's socket; null where something else is wrong. */
const remedyInContainer = ({ url }: Endpoint, code: string): string | null => {
  const path = url.replace(/^unix:\/\//, '');
  if (code === 'EACCES' && url.startsWith('unix:')) {
    return `Run this container with --group-add ${groupOf(path)}, for that group owns the socket`;
  }
  if (code !== 'ENOENT' || path !== usualSocket) return null;
  return `Run this container with --volume ${path}:${path}, or name another endpoint with --docker or DOCKER_HOST`;
};

/** Its number here is its number outside, too. */
const groupOf = (path: string): string => {
  try {
    return String(statSync(path).gid);
  } catch {
    return `"$(stat -c %g ${path})"`;
  }
};

/** Why the engine does not answer, as the end of a sentence without its full stop, and what to do about it. */
export const explain = (error: unknown): readonly [reason: string, remedy: string] => {
  const { statusCode } = failureOf(error);
  const code = codeOf(error);
  return statusCode === undefined
    ? (explanations[code] ?? [reasonOf(error), remedyFor(code)])
    : [`it answered ${statusCode}, ${reasonOf(error)}`, 'Check that the endpoint is a Docker engine'];
};

const codeOf = (error: unknown): string => (isAbort(error) ? 'ABORT_ERR' : (failureOf(error).code ?? ''));

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');

/** What the engine says when it is the registry that does not answer, rather than the registry that says no. */
const registryAway =
  /dial tcp|no such host|server misbehaving|i\/o timeout|connection refused|connection reset|TLS handshake|proxyconnect|network is unreachable|request canceled|Client\.Timeout|deadline exceeded/i;

export const isRegistryAway = (reason: string): boolean => registryAway.test(reason);

export const toImageError = (failure: string, reason: string, remedy: string): EmulatorError =>
  new EmulatorError(errorCodes.imageUnavailable, `${failure}: ${oneLine(reason)}. ${remedy}.`);

/** A pull that failed. Registry credentials are part of no message, even if the registry echoes them. */
export const toPullError = (image: string, thrown: unknown, secrets: readonly string[]): EmulatorError => {
  const said = reasonOf(thrown);
  const reason = secrets.reduce((text, secret) => (secret === '' ? text : text.replaceAll(secret, '***')), said);
  // By what was said: a secret may be a word of it.
  const remedy = isRegistryAway(said)
    ? 'Check the network and the proxy settings of the Docker engine, or bring the image in with `docker load` and start with the pull policy "never"'
    : 'Check the name, the tag and the credentials';
  return toImageError(`Failed to pull image ${image}`, reason, remedy);
};
