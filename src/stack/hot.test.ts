import { expect, it } from 'vitest';
import { parseJob, parseSample, problemsWith } from '../../test/support/stack/sample.ts';

const hot = 'emulator.containers.job.hot';

it('emulator.hot says how many instances are kept hot, and may be left out', () => {
  expect(parseJob({ [hot]: 1 }).hot).toBe(1);
  expect(parseJob({ [hot]: 0 }).hot).toBe(0);
  expect(parseJob({ [hot]: 3, '.config.deploy.function': { max_pool_size: 3 } }).hot).toBe(3);
  expect(parseJob().hot).toBeNull();
});

it.each([
  [2, 'got 2, expected at most its max_pool_size, 1'],
  [-1, 'got -1, expected a whole number of at least 0'],
  [0.5, 'got 0.5, expected a whole number of at least 0'],
  ['1', 'got "1", expected a whole number of at least 0: leave out the quotes'],
])('emulator.hot of %j is refused', (value, problem) => {
  expect(problemsWith({ [hot]: value })).toEqual([`${hot}: ${problem}`]);
});

it('emulator.hot warns of a container that has no instances here', () => {
  const database = { image: { origin: { type: 'docker-hub', details: { target: 'postgres:17' } } }, config: {} };
  const { warnings } = parseSample({ 'containers.database': database, 'emulator.containers.database.hot': 1 });
  expect(warnings.join('\n')).toContain('emulator.containers.database.hot: only functions have instances to keep hot');
});
