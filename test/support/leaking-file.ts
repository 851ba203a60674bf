// A test file as it should not be: the leak check's own test alone runs it.
import { spawn } from 'node:child_process';
import { test } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { sampleStack } from './sample-stack.ts';

const startAndForget = async (): Promise<void> => {
  await startEmulator({ stack: sampleStack({ sample: {} }), runtime: 'simulated' });
};

test('passes, and leaves an emulator behind', startAndForget);

test('starts a process, and never ends', { timeout: 100 }, async () => {
  process.stdout.write(`its process is ${spawn('sleep', ['1000']).pid}\n`);
  await new Promise(() => {});
});
