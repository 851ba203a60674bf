import { expect, test } from 'vitest';
import { errorCodes } from '../shared/errors.ts';
import { refuseExposureWithoutKeys } from './access-key.ts';

const key = (secret: string) => ({ name: 'key', secret, ips: [] });

test.each(['0.0.0.0', '::', '10.0.0.7', 'fd00::1', 'example.test', '::ffff:10.0.0.7', ''])(
  'a scheduler on "%s" needs a key that is not empty',
  (host) => {
    for (const keys of [[], [key('')]]) {
      expect(() => refuseExposureWithoutKeys(host, keys)).toThrowError(
        expect.objectContaining({
          code: errorCodes.badOption,
          message: expect.stringMatching(
            new RegExp(`^Failed to listen on ${host}: .*no access key.*access_keys, or listen on 127\\.0\\.0\\.1\\.$`),
          ),
        }),
      );
    }
    refuseExposureWithoutKeys(host, [key('secret')]);
  },
);

test.each(['127.0.0.1', '127.8.0.1', '::1', 'localhost'])('a scheduler on %s needs no key', (host) => {
  refuseExposureWithoutKeys(host, []);
});
