import { defineConfig } from 'vitest/config';

/** Files at a time of those that may use Docker, which they share: more would only wait for it. */
const maxWorkers = Number(process.env['CYCLE_TEST_WORKERS'] ?? 2);

const folders = '{control,engine,environment,faults,gateway,http,openapi,profile,recording,scheduler,shared,stack,ui}';
/** Files that meet no Docker, and disturb each other less. */
const simulated = `src/${folders}/**/!(*.docker).test.ts`;
const contractOnDocker = 'contract-tests/{probe,workflow}.test.ts';
/** About what killed emulators leave, which any start of another one removes. */
const leftovers = ['src/runtime/docker/{session/leftovers,resume}.test.ts', 'src/cli/commands/prune.test.ts'];

export default defineConfig({
  test: {
    setupFiles: ['test/support/leak-gate.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Poll for what nothing announces: the bound only ends a test that has failed.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', contractOnDocker, 'scripts/**/*.test.ts'],
          exclude: [simulated, ...leftovers],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'simulated',
          include: ['contract-tests/**/*.test.ts', simulated],
          exclude: [contractOnDocker],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // These have the machine to themselves, after all the rest; so has what is measured.
        test: {
          name: 'alone',
          include: [...leftovers, 'bench/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
