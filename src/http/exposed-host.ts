import { isLoopback } from '../shared/addresses.ts';
import { EmulatorError, errorCodes } from '../shared/errors.ts';
import type { AccessKey } from './access-key.ts';

/**
 * Without a key all callers may do everything or none anything, so a server for others that has none is a mistake; better
 * said at its start.
 *
 * @param place where a user can add a key
 * @throws EmulatorError `badOption`
 */
export const refuseExposureWithoutKeys = (
  host: string,
  accessKeys: readonly AccessKey[],
  place = 'services.scheduler.config.access_keys',
): void => {
  if (isLoopback(host) || accessKeys.some(({ secret }) => secret !== '')) return;
  throw new EmulatorError(
    errorCodes.badOption,
    `Failed to listen on ${host}: other machines can reach it, and no access key protects it. Give one in ${place}, or listen on 127.0.0.1.`,
  );
};
