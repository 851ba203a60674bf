import { expect, it } from 'vitest';
import { renderPath } from './report.ts';

it.each([
  [[], ''],
  [['a', 'b-c', 'd_1'], 'a.b-c.d_1'],
  [['a', 0, 'b', 12], 'a[0].b[12]'],
  [['a b', 'c'], '["a b"].c'],
  [['a', '', 'x\ny', 'q"q'], 'a[""]["x\\ny"]["q\\"q"]'],
])('the path %j reads %s, in one line', (path, text) => {
  expect(renderPath(path)).toBe(text);
});
