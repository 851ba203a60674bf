// A test file as it should not be: the leak gate's own test runs it, and nobody else does.
import { test } from 'vitest';
import { startEmulator } from '../emulator.ts';
import { sampleStack } from './sample-stack.ts';

const startAndForget = async (): Promise<void> => {
  await startEmulator({ stack: sampleStack({ sample: {} }), runtime: 'simulated' });
};

test('passes, and leaves an emulator behind', startAndForget);
