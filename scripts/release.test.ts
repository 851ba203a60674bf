import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot, version } from '../src/shared/package.ts';
import { cleanEnv } from '../test/support/package/packed-package.ts';
import { type Outcome, runSteps, type Step } from '../test/support/package/run-steps.ts';

type Job = { readonly permissions?: object; readonly 'timeout-minutes'?: number; readonly steps: readonly Step[] };
type Workflow = { readonly permissions: object; readonly jobs: Readonly<Record<string, Job>> };
const { permissions, jobs }: Workflow = parse(readFileSync(join(packageRoot, '.github/workflows/release.yml'), 'utf8'));
const { dependencies }: { readonly dependencies: object } = JSON.parse(
  readFileSync(join(packageRoot, 'package.json'), 'utf8'),
);
const steps = Object.values(jobs).flatMap((job) => job.steps);

describe('the release', () => {
  test('gives each job the rights that it needs, and the right to publish to one', () => {
    expect(permissions).toEqual({});
    expect(Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]))).toEqual({
      test: { contents: 'read' },
      package: { contents: 'read', 'id-token': 'write' },
      release: { contents: 'write' },
      image: { contents: 'read' },
    });
  });

  test('uses actions by their commits, names no context in a script, and ends in time', () => {
    expect(steps.filter(({ uses = '' }) => uses !== '' && !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
    expect(steps.filter(({ run = '' }) => run.includes('${{'))).toEqual([]);
    expect(Object.values(jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});

test('the bill of materials of the release lists the dependencies of the package, and no others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cycle-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(packageRoot, name), join(folder, name));
  mkdirSync(join(folder, 'release'));
  const step = steps.filter(({ name }) => name === 'List what the package runs on');
  const { failed, log } = await runSteps(step, { folder, contexts: {}, env: cleanEnv() });
  expect({ failed, log }).toEqual({ failed: false, log: '' });
  const { metadata, components } = JSON.parse(readFileSync(join(folder, 'release/sbom.cdx.json'), 'utf8'));
  expect(metadata.component.purl).toBe(`pkg:npm/cycle-scheduler@${version}`);
  const names = components.map(({ name }: { readonly name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  expect(names).not.toContain('typescript');
});

describe('the release checks', () => {
  const repository = 'https://example.com/someone/cycle-scheduler';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cycle-release-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## 1.2.3 (2026-01-01)\n\n- New\n\n## 1.2.2\n\n- Old\n');
  });
  const check = (tag: string, manifest: object): Promise<Outcome> => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', ...manifest }));
    const github = { ref_name: tag, server_url: 'https://example.com', repository: 'someone/cycle-scheduler' };
    const step = steps.filter(({ name }) => name === 'Check that tag, version and changelog agree');
    return runSteps(step, { folder, contexts: { github }, env: cleanEnv() });
  };

  test('that tag, version, repository and changelog agree, and takes its section for notes', async () => {
    const { failed, log } = await check('v1.2.3', { version: '1.2.3', repository: { url: `git+${repository}.git` } });
    expect({ failed, log }).toEqual({ failed: false, log: '' });
    expect(readFileSync(join(folder, 'release/notes.md'), 'utf8')).toBe('\n- New\n\n');
  });

  test.each([
    ['v1.2.4', { version: '1.2.3', repository }, 'The tag is v1.2.4, and package.json has version 1.2.3.'],
    ['v1.2.3', { version: '1.2.3' }, `package.json does not name ${repository} as its repository.`],
    ['v1.2', { version: '1.2', repository }, 'CHANGELOG.md has no section "## 1.2".'],
  ])('and refuses %s of %j', async (tag, manifest, message) => {
    const { failed, log } = await check(tag, manifest);
    expect({ failed, log }).toEqual({ failed: true, log: `::error title=release::${message}\n` });
  });
});
