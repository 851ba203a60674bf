import { expect, test } from 'vitest';
import { parseGuide, toOutputPattern } from './guide-blocks.ts';

const fence = '```';

test('takes the marked blocks of a guide and passes over those that are only shown', () => {
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

test('does not pass over a block whose words it does not know', () => {
  expect(() => parseGuide(`${fence}sh rnu\nls\n${fence}`)).toThrow('rnu');
});

test('compares line by line, and leaves open what the guide leaves open', () => {
  const pattern = toOutputPattern('first (1)\n… runs\n');
  expect('noise\nfirst (1)\nnoise\nab12 runs\n').toMatch(pattern);
  expect('first (1)\nab12 walks\n').not.toMatch(pattern);
});
