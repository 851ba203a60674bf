import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Deadlines } from './state.ts';

const fallDue = () => {};

it('deadlines come out in the order of their times, equal ones as they were added, with any called off', () => {
  const times = fc.array(fc.record({ at: fc.integer({ min: 0, max: 20 }), calledOff: fc.boolean() }));
  fc.assert(
    fc.property(times, (wanted) => {
      const deadlines = new Deadlines();
      const added = wanted.map(({ at }) => deadlines.add(at, fallDue));
      for (const [index, { calledOff }] of wanted.entries()) {
        const deadline = added[index];
        if (calledOff && deadline !== undefined) deadlines.callOff(deadline);
      }
      const left: number[] = [];
      for (let next = deadlines.next; next !== undefined; next = deadlines.next) {
        left.push(added.indexOf(next));
        deadlines.callOff(next);
      }
      const expected = wanted
        .map(({ at, calledOff }, index) => ({ at, calledOff, index }))
        .filter(({ calledOff }) => !calledOff)
        .sort((one, other) => one.at - other.at || one.index - other.index)
        .map(({ index }) => index);
      expect(left).toEqual(expected);
    }),
  );
});

it('deadlines called off twice do not disturb the others', () => {
  const deadlines = new Deadlines();
  const first = deadlines.add(1, fallDue);
  const second = deadlines.add(2, fallDue);
  deadlines.callOff(first);
  deadlines.callOff(first);
  expect(deadlines.next).toBe(second);
});
