import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../src/shared/package.ts';
import { renderDocument } from './document.ts';
import { rows } from './rows.ts';
import { type Line, toLines } from './samples.ts';

/**
 * What a line's median may be at most of the one beside it, or for figures of which more is better, at least. Ratios of one run, and with wide margins: what fails here is no slow
 * machine, but something that is done in another way than it was.
 */
const margins: Readonly<Record<string, Readonly<Record<string, number | { readonly least: number }>>>> = {
  a: { cold: 3, 'warm, with variables': 2, 'hot, with variables': 0.5, 'cold, with variables': 3 },
  b: {
    'processor time in µs: cycle-scheduler start, 10 connections': 10,
    'processor time in µs: cycle-scheduler start, 50 connections': 10,
  },
  c: { 'an emulator, from its start until it is ready': 3 },
  d: { 'a pool of 1,000': 3, 'a pool of 10,000': 3 },
  e: { 'after a run, cold': 3, 'after a run, warm': 3, 'after a run, hot': 3 },
  f: { 'simulated: ready': 40 },
  l: { 'cold, 4 at once': { least: 0.2 }, 'warm, 4 at once': { least: 0.5 }, 'hot, 4 at once': { least: 0.5 } },
  g: {
    'warm: sandbox, shim and the emulator’s share': 3,
    'hot: launcher, sandbox, their shims and the emulator’s share': 5,
    'cold: the emulator’s share': 0.1,
  },
  i: { 'the gateway': 3 },
  j: { 'processor time: the gateway': 6 },
  k: { 'what 3 pages ask for, without a browser': 3, '3 pages open, drawn on the same cores': 3 },
  h: { cold: 3, 'warm, with variables': 2, 'hot, with variables': 0.5, 'cold, with variables': 3 },
};

/** Those whose ratio is within its margin, or has none. */
const isWithin = (key: string, { name, ratio }: Line): boolean => {
  const margin = margins[key]?.[name];
  if (margin === undefined) return true;
  if (ratio === null) return false;
  return typeof margin === 'number' ? ratio <= margin : ratio >= margin.least;
};

describe('in its short form the bench finds no ratio far from what it was', () => {
  it.each(rows)(
    '$key: $title',
    async ({ key, measure }) => {
      const lines = toLines(await measure({ short: true, signal: new AbortController().signal }));
      expect(lines.filter((line) => !isWithin(key, line))).toEqual([]);
      expect(lines.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(margins[key] ?? {})));
    },
    300_000,
  );
});

describe('docs/performance.md', () => {
  it('is what npm run bench -- --write makes of docs/performance.json', () => {
    const read = (name: string): string => readFileSync(join(packageRoot, 'docs', name), 'utf8');
    expect(read('performance.md')).toBe(renderDocument(JSON.parse(read('performance.json'))));
  });
});
