import { expect, test } from 'vitest';
import { parseGuide, toOutputPattern } from './guide-blocks.ts';

const fence = '```';

test('a guide’s marked blocks are taken, and those that are only shown are passed over', () => {
  const guide = [
    `${fence}yaml file=stack.yaml`,
    'version: "1.0"',
    fence,
    `${fence}sh`,
    'npm install',
    fence,
    `${fence}sh run until=ready`,
    'start',
    fence,
    `${fence}sh run`,
    'call',
    fence,
    `${fence}text output`,
    'called',
    fence,
  ].join('\n');
  expect(parseGuide(guide)).toEqual([
    { type: 'file', path: 'stack.yaml', text: 'version: "1.0"\n' },
    { type: 'background', script: 'start\n', readyWord: 'ready' },
    { type: 'run', script: 'call\n' },
    { type: 'output', text: 'called\n' },
  ]);
});

test('a guide’s block with unknown words is not passed over', () => {
  expect(() => parseGuide(`${fence}sh rnu\nls\n${fence}`)).toThrow('rnu');
});

test('a guide’s output is compared line by line, and leaves open what the guide leaves open', () => {
  const pattern = toOutputPattern('first (1)\n… runs\n');
  expect('noise\nfirst (1)\nnoise\nab12 runs\n').toMatch(pattern);
  expect('first (1)\nab12 walks\n').not.toMatch(pattern);
});
