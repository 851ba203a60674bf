import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { oneLine, reasonOf } from './engine-errors.ts';

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
