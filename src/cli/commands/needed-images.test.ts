import { expect, test } from 'vitest';
import { parseBaseImages } from './doctor.ts';

test.each([
  ['FROM busybox:1.37\nCOPY . /', ['busybox:1.37']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's placeholder, not ours
  ['ARG BASE=busybox:1.37\nFROM ${BASE}', ['busybox:1.37']],
  ['ARG BASE="node:24"\nFROM $BASE', ['node:24']],
  ['FROM --platform=linux/amd64 golang:1 AS build\nRUN make\nFROM scratch\nCOPY --from=build /a /a', ['golang:1']],
  ['from a as one\nfrom one as two\nfrom b', ['a', 'b']],
  ['# FROM nothing', []],
])('the images that %j needs are %j', (dockerfile, images) => {
  expect(parseBaseImages(dockerfile)).toEqual(images);
});

test('a build argument counts over the default of the Dockerfile', () => {
  expect(parseBaseImages('ARG BASE=a\nFROM $BASE', { BASE: 'b' })).toEqual(['b']);
});
