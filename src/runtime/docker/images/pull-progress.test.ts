import { expect, test } from 'vitest';
import { createPullProgress, type PullMessage } from './images.ts';

const fractionsOf = (messages: readonly PullMessage[]): (number | null)[] => {
  const fractions: (number | null)[] = [];
  const progress = createPullProgress('image', ({ fraction }) => fractions.push(fraction));
  for (const message of messages) progress(message);
  return fractions;
};

test('the progress of a pull goes from nothing to everything over all layers', () => {
  expect(
    fractionsOf([
      { status: 'Pulling from library/image', id: '1.0' },
      { status: 'Pulling fs layer', id: 'a' },
      { status: 'Already exists', id: 'b' },
      { status: 'Downloading', id: 'a', progressDetail: { current: 50, total: 100 } },
      { status: 'Download complete', id: 'a' },
      { status: 'Extracting', id: 'a', progressDetail: { current: 100, total: 100 } },
      { status: 'Pull complete', id: 'a' },
      { status: 'Digest: sha256:0' },
    ]),
  ).toEqual([0, 0.5, 0.67, 0.85, 1]);
});

test('the progress of a pull never goes back when a further layer appears', () => {
  expect(
    fractionsOf([
      { status: 'Download complete', id: 'a' },
      { status: 'Pulling fs layer', id: 'b' },
      { status: 'Downloading', id: 'b', progressDetail: { current: 1, total: 2 } },
      { status: 'Pull complete', id: 'a' },
      { status: 'Pull complete', id: 'b' },
    ]),
  ).toEqual([0.7, 1]);
});
