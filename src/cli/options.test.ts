import { expect, test } from 'vitest';
import { logBytesOption, recordingLimitOption } from './options.ts';

const options = { '--log-bytes': logBytesOption, '--recording-limit': recordingLimitOption };

test.each([
  ['--log-bytes', '65536', 65_536],
  ['--log-bytes', '1m', 2 ** 20],
  ['--log-bytes', '256M', 2 ** 28],
  ['--recording-limit', '1', 1],
  ['--recording-limit', '32M', 2 ** 25],
] as const)('%s %s is a size', (flag, text, bytes) => {
  expect(options[flag].parseArg?.(text, undefined)).toBe(bytes);
});

test.each([
  ['--log-bytes', '65535', 'Give a size from 65536 to 268435456 bytes.'],
  ['--log-bytes', '257M', 'Give a size from 65536 to 268435456 bytes.'],
  ['--log-bytes', '-1', 'Give a size above zero'],
  ['--recording-limit', '0', 'Give a size above zero'],
  ['--recording-limit', '1e6', 'Give a size above zero'],
] as const)('%s %s is refused', (flag, text, message) => {
  expect(() => options[flag].parseArg?.(text, undefined)).toThrow(message);
});
