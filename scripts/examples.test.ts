import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot, version } from '../src/shared/package.ts';
import { ensureCompose } from '../test/support/package/compose.ts';
import { buildTrialBase } from '../test/support/package/emulator-image.ts';
import { parseGuide } from '../test/support/package/guide-blocks.ts';
import { type PackedPackage, type Project, packPackage } from '../test/support/package/packed-package.ts';
import { runGuide } from '../test/support/package/run-guide.ts';
import { unassignedPort } from '../test/support/unassigned-port.ts';

/** What users get, installed as they do it. */
let packed: PackedPackage;
let vitestProject: Project;
/** Has what the guides name, and no settings: each tool runs with its own defaults. */
let guideProject: Project;
beforeAll(async () => {
  packed = await packPackage();
  vitestProject = await install('vitest');
  guideProject = await packed.installWith(['vitest', 'jest', 'mocha']);
}, 240_000);
afterAll(() => packed[Symbol.dispose]());

const install = (example: string) => packed.install(join(packageRoot, 'examples', example));

describe('the packed package', { timeout: 120_000 }, () => {
  test('serves the vitest example, its types and its command line', async () => {
    const { run } = vitestProject;
    expect((await run('npm', ['test'])).stdout).toMatch(/Tests.*3 passed/);
    await run('node', [join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', '.']);
    expect((await run('npx', ['cycle-scheduler', '--version'])).stdout.trim()).toBe(version);
    expect((await run('npx', ['cycle-scheduler', 'check', 'stack.yaml'])).stdout).toContain('is a valid stack');
  });

  test('has the descriptions of both APIs, from which clients are generated', async () => {
    const generate = join(packageRoot, 'node_modules/openapi-typescript/bin/cli.js');
    const { run } = guideProject;
    for (const [file, operation] of [
      ['openapi.yaml', 'claimInstance'],
      ['control-api.yaml', 'advanceClock'],
    ] as const) {
      const resolve = `process.stdout.write(require.resolve('cycle-scheduler/${file}'))`;
      const { stdout: path } = await run('node', ['--eval', resolve]);
      expect((await run('node', [generate, path])).stdout).toContain(`${operation}: {`);
    }
  });

  test('serves the example of functions over HTTP, and its types', async () => {
    using project = await install('http');
    using images = await buildTrialBase();
    const dockerfile = join(project.folder, 'function/Dockerfile');
    writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8').replace('node:24-slim', images.base));
    expect((await project.run('npm', ['test'])).stdout).toMatch(/Tests.*5 passed/);
    await project.run('node', [join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', '.']);
  });

  test('serves the node:test example', async () => {
    using project = await install('node-test');
    expect((await project.run('npm', ['test'])).stdout).toMatch(/pass 2\b/);
  });

  test('serves the Compose example', async () => {
    const compose = ensureCompose();
    using project = await install('compose');
    using images = await buildTrialBase();
    const name = `cycle-trial-${randomBytes(4).toString('hex')}`;
    const of = ['--project-name', name, '--file', join(project.folder, 'compose.yaml')];
    // One that no other trial is likely to have at this moment: sample networks keep below it.
    const env = { NODE_IMAGE: images.base, NETWORK: name, SUBNET: `172.${randomInt(26, 32)}.0.0` };
    try {
      const printed = compose([...of, 'up', '--abort-on-container-exit', '--exit-code-from', 'app'], env);
      expect(printed).toMatch(/[0-9a-f]{24} says: sum 6/);
    } finally {
      compose([...of, 'down'], env);
    }
  });
});

describe('the guide', { timeout: 120_000 }, () => {
  const executed = [
    ...['ci-contract-check.md', 'http.md', 'integration-tests.md', 'offline-development.md'],
    ...['python.md', 'go.md', 'shell.md', 'gitlab-ci.md'],
  ];
  /** Executed where its image is made, by the test of that; what is done in an editor, by the tests of `--watch`. */
  const elsewhere = ['in-docker.md', 'edit-and-see.md'];

  test.for(executed)('%s does what it says', async (guide) => {
    // The emulator's own port may be in use here.
    const port = String(unassignedPort());
    const gatewayPort = String(unassignedPort());
    const env = {
      CYCLE_SCHEDULER_PORT: port,
      CYCLE_SCHEDULER_URL: `http://127.0.0.1:${port}`,
      CYCLE_SCHEDULER_GATEWAY_PORT: gatewayPort,
      // Without a compiler of C, Go compiles what else needs one only when it is said.
      CGO_ENABLED: '0',
      // Seconds of random histories, which the suite's own tests try at length.
      CYCLE_CONTRACT_EXPLORE: '1',
    };
    await runGuide(guide, guideProject.with(env), { '4280': port, '4290': gatewayPort });
  });

  test('to GitLab CI shows the job whose script it runs', () => {
    const blocks = parseGuide(readFileSync(join(packageRoot, 'docs/guides/gitlab-ci.md'), 'utf8'));
    const [job = '', ...run] = blocks.flatMap((block) =>
      'text' in block ? block.text : 'script' in block ? block.script : [],
    );
    const { script } = (parse(job) as { readonly test: { readonly script: readonly string[] } }).test;
    expect(script).not.toEqual([]);
    for (const line of script) expect(run.join('')).toContain(line);
  });

  test('is run by these tests', () => {
    expect(readdirSync(join(packageRoot, 'docs/guides')).toSorted()).toEqual([...executed, ...elsewhere].toSorted());
  });
});
