import { expect, it } from 'vitest';
import { parseJob, problemsWith } from '../../test/support/stack/sample.ts';

const processes = 'emulator.containers.job.processes';

it('a function has a limit of processes, and may have another', () => {
  expect(parseJob().processes).toBe(4_096);
  expect(parseJob({ [processes]: 1 }).processes).toBe(1);
  expect(parseJob({ [processes]: 4_194_304 }).processes).toBe(4_194_304);
});

it.each([[0], [-1], [0.5], ['100', ': leave out the quotes'], [4_194_305]])(
  'a limit of %j processes is refused',
  (value, hint = '') => {
    const got = JSON.stringify(value);
    expect(problemsWith({ [processes]: value })).toEqual([
      `${processes}: got ${got}, expected a whole number from 1 to 4194304${hint}`,
    ]);
  },
);
