import { expect, test } from 'vitest';
import { reportFailures } from './program.ts';

test.each([undefined, null, Number.NaN, '0'])(
  'an exit code that is %j is the suite’s own fault, never success',
  async (code) => {
    expect(await reportFailures(() => Promise.resolve(code as never))).toBe(5);
  },
);

test('an exit code is passed on', async () => {
  expect(await reportFailures(() => Promise.resolve(0))).toBe(0);
});
