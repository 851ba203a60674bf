import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { parseSample, smallest } from '../support/stack/sample.ts';

const text = await readFile(join(import.meta.dirname, '../../docs/faults.md'), 'utf8');

const blocksOf = (language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block = '']) => block);

/** The values that the table under a heading has in its first column. */
const firstColumn = (heading: string): readonly string[] => {
  const [, section = ''] = text.split(`## \`${heading}\`\n`);
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
};

it('docs/faults.md shows fixtures without problems or warnings', () => {
  for (const block of blocksOf('yaml')) {
    const { emulator } = parse(block) as { emulator: { faults: unknown[] } };
    const stack = parseSample({ emulator });
    expect(stack.faults).toEqual(emulator.faults);
    expect(stack.warnings).toEqual([]);
  }
});

it('docs/faults.md names every effect and everything a fault can match', () => {
  const types = firstColumn('effect');
  expect(types).toHaveLength(13);
  const effects = types.map((type) => ({
    effect: { type, ms: 1, bytes: 1, code: type === 'error' ? '500.unknown' : 1 },
  }));
  expect(parseSample({ 'emulator.faults': effects }).faults).toHaveLength(types.length);
  const values = { operation: 'claim', function: 'job', token: '*', nth: 1, probability: 1, times: 1 };
  expect(firstColumn('match').toSorted()).toEqual(Object.keys(values).toSorted());
});

it('docs/faults.md shows a test that passes', async () => {
  const [block = ''] = blocksOf('ts');
  const body = block.replace(/^import .*$/gm, '');
  // The document's own words are what is run; they are plain JavaScript, too.
  const AsyncFunction = (async () => {}).constructor as new (
    ...code: string[]
  ) => (...args: unknown[]) => Promise<void>;
  const start = (options: object) => startEmulator({ ...options, stack: smallest, runtime: 'simulated' });
  await new AsyncFunction('startEmulator', 'stack', 'expect', body)(start, smallest, expect);
});

it('docs/faults.md shows a request that the control API takes', async () => {
  await using emulator = await startEmulator({ stack: smallest, runtime: 'simulated' });
  const [, given = ''] = /-d '(.*)'/.exec(blocksOf('sh').join('\n')) ?? [];
  const answer = await fetch(`${emulator.url}/_emulator/faults`, {
    method: 'POST',
    headers: { 'X-CYCLE-ACCESS-KEY': emulator.accessKey, 'Content-Type': 'application/json' },
    body: given,
  });
  expect(answer.status).toBe(200);
  expect(emulator.faults.list()).toMatchObject([JSON.parse(given)]);
});
