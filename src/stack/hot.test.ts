import { describe, expect, it } from 'vitest';
import { parseJob, parseSample, problemsWith } from '../../test/support/stack/sample.ts';

describe.each(['hot', 'warm'] as const)('emulator.containers.<name>.%s', (kind) => {
  const path = `emulator.containers.job.${kind}`;

  it('says how many instances are kept so, and may be left out', () => {
    expect(parseJob({ [path]: 1 })[kind]).toBe(1);
    expect(parseJob({ [path]: 0 })[kind]).toBe(0);
    expect(parseJob({ [path]: 3, '.config.deploy.function': { max_pool_size: 3 } })[kind]).toBe(3);
    expect(parseJob()[kind]).toBeNull();
  });

  it.each([
    [2, 'got 2, expected at most its max_pool_size, 1'],
    [-1, 'got -1, expected a whole number of at least 0'],
    [0.5, 'got 0.5, expected a whole number of at least 0'],
    ['1', 'got "1", expected a whole number of at least 0: leave out the quotes'],
  ])('of %j is refused', (value, problem) => {
    expect(problemsWith({ [path]: value })).toEqual([`${path}: ${problem}`]);
  });
});

it('emulator.hot warns of a container that has no instances here', () => {
  const database = { image: { origin: { type: 'docker-hub', details: { target: 'postgres:17' } } }, config: {} };
  const { warnings } = parseSample({ 'containers.database': database, 'emulator.containers.database.hot': 1 });
  expect(warnings.join('\n')).toContain('emulator.containers.database.hot: only functions have instances to keep hot');
});
