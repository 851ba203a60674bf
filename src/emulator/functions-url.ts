import { isIP } from 'node:net';
import { EmulatorError, errorCodes } from '../errors.ts';
import { withoutPassword } from '../without-password.ts';

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
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain || url.search !== '' || url.hash !== '') {
    throw new EmulatorError(
      errorCodes.badOption,
      `Failed to read the URL for functions ${JSON.stringify(withoutPassword(text))}: it is no HTTP URL of a host, a port and at most a path. Write it like http://192.0.2.7:4280.`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { url: url.href.replace(/\/$/, ''), address: isIP(host) === 0 ? null : host };
};
