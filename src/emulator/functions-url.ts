import { isIP } from 'node:net';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import { quote } from '../shared/render-value.ts';
import { withoutPassword } from '../shared/without-password.ts';

/** Where the user says that functions reach the emulator. */
export type FunctionsUrl = {
  /** Without a slash at the end. */
  readonly url: string;
  /** Its host where that is an address, which `env-scheduler` can stand for; a name cannot. */
  readonly address: string | null;
};

/**
 * The one definition of it for flag, environment and options.
 *
 * @throws EmulatorError `badOption`
 */
export const parseFunctionsUrl = (text: string): FunctionsUrl => {
  const url = URL.parse(text);
  const fault = findFault(url);
  if (url === null || fault !== null) {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the URL for functions ${quote(withoutPassword(text))}: ${fault}. Write it like http://192.0.2.7:4280.`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { url: url.href.replace(/\/$/, ''), address: isIP(host) === 0 ? null : host };
};

const findFault = (url: URL | null): string | null => {
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'it is not an HTTP URL of a host, a port and at most a path';
  if (url.username !== '' || url.password !== '') return 'it has a user or a password';
  if (url.href.includes('?')) return 'it has a query, which functions would not send';
  return url.href.includes('#') ? 'it has a fragment, which functions would not send' : null;
};
