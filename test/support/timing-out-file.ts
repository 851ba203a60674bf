// A test file as it should not be: the test of state homes runs it, and nothing else does.
import { test } from 'vitest';
import { createStateHome, whenReady } from './state-home.ts';

test('never ends', { timeout: 4_000 }, async () => {
  await using home = createStateHome();
  const life = home.start();
  process.stdout.write(`started with ${home.stateFile} as ${life.child.pid}\n`);
  await whenReady(life);
  await new Promise(() => {});
});
