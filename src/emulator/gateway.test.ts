import { expect, test } from 'vitest';
import { sampleStack } from '../../test/support/sample-stack.ts';
import { errorCodes } from '../shared/errors.ts';
import { startEmulator } from './start-emulator.ts';

test('an emulator that runs no containers has no gateway, and says so to those who fetch', async () => {
  const stack = sampleStack({ web: { network: { public: 'enable', ports: ['80'] } } });
  await using emulator = await startEmulator({ stack, runtime: 'simulated' });
  expect([emulator.gatewayUrl, emulator.domains]).toEqual([null, []]);
  await expect(emulator.fetch('web')).rejects.toMatchObject({
    code: errorCodes.badOption,
    message: expect.stringMatching(/^Failed to fetch "\/" of web: no function of this emulator is reached over HTTP\./),
  });
});

test.each([[{ gatewayPort: 65_536 }], [{ gatewayPort: { preferred: 'any' } }], [{ gateway: 'no' }]])(
  'options %j are refused',
  async (options) => {
    const stack = sampleStack({ web: {} });
    const given = { stack, runtime: 'simulated', ...options } as unknown as Parameters<typeof startEmulator>[0];
    await expect(startEmulator(given)).rejects.toMatchObject({ code: errorCodes.badOption });
  },
);
