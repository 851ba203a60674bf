import { defineConfig } from 'vitest/config';

// The first test of a file waits for the emulator's start, which may pull images.
export default defineConfig({ test: { testTimeout: 60_000 } });
