import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createDeadline } from './limits.ts';

const target = { isMovable: false, exploreSeconds: 20 };

describe('the time limit of a run by URL', () => {
  test('contains the time to explore once', async () => {
    const deadline = createDeadline({}, target, 98_000);
    await sleep(5);
    expect(deadline.passed).toBe('the run may take only 98 s (--max-seconds)');
    expect(createDeadline({}, target, 90_000).passed).toBeNull();
  });

  test('is the one that was set', async () => {
    const deadline = createDeadline({ maxSeconds: 0 }, target, 0);
    await sleep(5);
    expect(deadline.passed).toMatch(/only 0 s/);
  });

  test('is not there where the clock can be moved', () => {
    expect(createDeadline({}, { ...target, isMovable: true }, 1e9).passed).toBeNull();
  });
});
