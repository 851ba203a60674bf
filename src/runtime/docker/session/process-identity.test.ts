import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identifyThisProcess, livenessOf, parseStat } from './owner.ts';

const here = identifyThisProcess();

test('a process is alive as long as it runs', () => {
  expect(livenessOf(here)).toBe('alive');
});

test('a process is dead once it has ended', async () => {
  const child = spawn(process.execPath, ['--version']);
  await once(child, 'close');
  expect(livenessOf({ ...here, pid: child.pid ?? 0, started: '1' })).toBe('dead');
});

test('a process is dead where another process got its number', () => {
  expect(livenessOf({ ...here, started: '1' })).toBe('dead');
});

test('a process is dead since the machine was restarted', () => {
  expect(livenessOf({ ...here, boot: 'an earlier one' })).toBe('dead');
});

test('a process is unknown on another host', () => {
  expect(livenessOf({ ...here, host: 'elsewhere' })).toBe('unknown');
});

test('the start of a process is read in spite of a name that looks like other fields', () => {
  const rest = ['S', ...Array.from({ length: 18 }, () => '0'), '4711', '0'].join(' ');
  expect(parseStat(`12 (a) S (b) ${rest}`)).toBe('4711');
});

test('a zombie process counts as dead', () => {
  expect(parseStat('12 (node) Z 1 2 3')).toBeNull();
});
