import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identifyThisProcess, livenessOf, parseStat } from './process-identity.ts';

const here = identifyThisProcess();

test('is alive as long as it runs', () => {
  expect(livenessOf(here)).toBe('alive');
});

test('is dead once it has ended', async () => {
  const child = spawn(process.execPath, ['--version']);
  await once(child, 'close');
  expect(livenessOf({ ...here, pid: child.pid ?? 0, started: '1' })).toBe('dead');
});

test('is dead where another process got its number', () => {
  expect(livenessOf({ ...here, started: '1' })).toBe('dead');
});

test('is dead since the machine was started anew', () => {
  expect(livenessOf({ ...here, boot: 'an earlier one' })).toBe('dead');
});

test('is unknown on another host', () => {
  expect(livenessOf({ ...here, host: 'elsewhere' })).toBe('unknown');
});

test('reads the start of a process whose name is made to confuse', () => {
  const rest = ['S', ...Array.from({ length: 18 }, () => '0'), '4711', '0'].join(' ');
  expect(parseStat(`12 (a) S (b) ${rest}`)).toBe('4711');
});

test('takes a zombie for dead', () => {
  expect(parseStat('12 (node) Z 1 2 3')).toBeNull();
});
