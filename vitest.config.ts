import { defineConfig } from 'vitest/config';

/** Files at a time. What they share is Docker: more would only wait for it, and the calm of one is for CI. */
const maxWorkers = Number(process.env['CYCLE_TEST_WORKERS'] ?? 2);

export default defineConfig({
  test: {
    setupFiles: ['src/testing/leak-gate.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['src/**/*.test.ts', 'contract-tests/**/*.test.ts', 'scripts/**/*.test.ts'],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // What is measured has the machine to itself, after all the rest.
        test: { name: 'bench', include: ['bench/**/*.test.ts'], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
