import type { Express } from 'express';
import type { EmulatorError } from '../errors.ts';
import type { Logger } from '../http/logger.ts';
import { type HttpServer, startHttpServer } from '../http/start-http-server.ts';

/** Where functions, and whatever else is on their network, reach the API. */
export type FunctionSide = AsyncDisposable & {
  /** Null where no function can reach it, or none is run. */
  readonly url: string | null;
};

export type FunctionSideOptions = {
  readonly app: Express;
  /** What `env-scheduler` stands for on the functions' network; null where there is none. */
  readonly address: string | null;
  /** Where the API is served already. */
  readonly host: string;
  readonly port: number;
  /** The port that `http://env-scheduler` means: 80, but where a test's user may not have that. */
  readonly expectedPort?: number;
  readonly logger: Logger;
};

/** The URL that clients of the API use when they are told no other. */
const expectedUrl = 'http://env-scheduler';

/**
 * Serves the API at `http://env-scheduler` for functions, so that programs in them need no other configuration than on
 * the platform. Where that cannot be, one warning says what they can use instead: most functions never call the
 * scheduler, and the others' authors read it.
 */
export const openFunctionSide = async (options: FunctionSideOptions): Promise<FunctionSide> => {
  const { address, host, port, expectedPort = 80, logger } = options;
  if (address === null) return toSide(null);
  const servesAllAddresses = host === '0.0.0.0' || host === '::';
  if (servesAllAddresses && port === expectedPort) return toSide(expectedUrl);

  const expected = await listen(options, address, expectedPort);
  if ('url' in expected) return toSide(expectedUrl, expected);
  const code = codeOf(expected);
  if (code === 'EADDRNOTAVAIL') {
    const url = `http://host.docker.internal:${port}`;
    warn(logger, `their network is not on this machine. With Docker Desktop, let them call ${url}`);
    return toSide(url);
  }
  const why = `${reasons[code] ?? 'nobody can listen on'} port ${expectedPort} of ${address}`;
  const own = servesAllAddresses ? undefined : await listen(options, address, port);
  if (own !== undefined && !('url' in own)) {
    warn(logger, `${why}. Free the port, or run the emulator in a container (docs/guides/in-docker.md)`);
    return toSide(null);
  }
  const url = `${expectedUrl}:${port}`;
  warn(logger, `${why}. Let them call ${url}`);
  return toSide(url, own);
};

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not listen on',
  EADDRINUSE: 'another process has',
};

const listen = async ({ app, logger }: FunctionSideOptions, host: string, port: number) => {
  try {
    return await startHttpServer({ app, host, port, logger });
  } catch (error) {
    return error as EmulatorError;
  }
};

const codeOf = ({ cause }: EmulatorError): string => (cause as NodeJS.ErrnoException | undefined)?.code ?? '';

const warn = (logger: Logger, reasonAndRemedy: string): void =>
  logger.warn({}, `Failed to serve functions at ${expectedUrl}: ${reasonAndRemedy}.`);

const toSide = (url: string | null, server?: HttpServer): FunctionSide => ({
  url,
  [Symbol.asyncDispose]: async () => await server?.close(),
});
