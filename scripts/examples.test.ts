import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../src/package-root.ts';
import { version } from '../src/version.ts';
import { ensureCompose } from './testing/compose.ts';
import { buildTrialBase } from './testing/emulator-image.ts';
import { type PackedPackage, packPackage } from './testing/packed-package.ts';

/** What users get, installed as they do it. */
let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
});
afterAll(() => packed[Symbol.dispose]());

const install = (example: string) => packed.install(join(packageRoot, 'examples', example));

describe('the packed package', { timeout: 120_000 }, () => {
  test('serves the vitest example, its types and its command line', async () => {
    using project = await install('vitest');
    const { stdout } = await project.run('npm', ['test']);
    expect(stdout).toMatch(/Tests.*3 passed/);
    await project.run('node', [join(packageRoot, 'node_modules/typescript/bin/tsc'), '-p', '.']);
    expect((await project.run('npx', ['cycle-scheduler', '--version'])).stdout.trim()).toBe(version);
    expect((await project.run('npx', ['cycle-scheduler', 'check', 'stack.yaml'])).stdout).toContain('is a valid stack');
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
    const env = { NODE_IMAGE: images.base };
    try {
      const printed = compose([...of, 'up', '--abort-on-container-exit', '--exit-code-from', 'app'], env);
      expect(printed).toMatch(/started [0-9a-f]{24}/);
    } finally {
      compose([...of, 'down'], env);
    }
  });
});
