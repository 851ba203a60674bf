import { expect, it } from 'vitest';
import { createMask } from './mask-body.ts';

it('a mask leaves nothing of an access key that begins with another', () => {
  const mask = createMask(['sec', 'secret-long-0001']);
  expect(mask.plain('/path/secret-long-0001?key=sec')).toBe('/path/<access key>?key=<access key>');
});
