import { expect, test } from 'vitest';
import { normaliseReference } from './images.ts';

test.each([
  ['busybox', 'busybox:latest'],
  ['busybox:1.37', 'busybox:1.37'],
  ['team/app', 'team/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['localhost:5000/app:v1', 'localhost:5000/app:v1'],
  [`app@sha256:${'0'.repeat(64)}`, `app@sha256:${'0'.repeat(64)}`],
  [' app ', 'app:latest'],
])('an image reference of %s is completed to %s', (reference, complete) => {
  expect(normaliseReference(reference)).toBe(complete);
});
