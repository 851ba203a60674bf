import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { smallest } from '../../test/support/stack/sample.ts';
import { loadStack, parseStack } from './load-stack.ts';
import { toVariables } from './variables/stack-variables.ts';

const root = join(import.meta.dirname, '../..');
const directory = join(root, 'fixtures');
const files = (await readdir(directory)).filter((name) => /\.(yaml|json)$/.test(name));

describe('the shipped fixtures', () => {
  it('are there', () => {
    expect(files).toEqual(expect.arrayContaining(['hello.yaml', 'http.yaml', 'batch.yaml']));
  });

  it.each(files)('%s has neither problems nor warnings', async (file) => {
    const stack = await loadStack(join(directory, file));
    expect(stack.warnings).toEqual([]);
    expect(stack.accessKeys).not.toEqual([]);
  });

  it.each(files)('%s builds from a base image that can be replaced', async (file) => {
    const { functions } = await loadStack(join(directory, file));
    for (const { image } of functions) {
      if (image.type !== 'dockerfile') continue;
      const dockerfile = await readFile(image.dockerfile, 'utf8');
      expect(dockerfile).toMatch(/^ARG BASE_IMAGE=busybox:1\.37\nFROM \$\{BASE_IMAGE\}\n/);
    }
  });

  it('have the functions, limits and variables that they show', async () => {
    const load = (name: string) => loadStack(join(directory, name));
    const [hello, http, batch] = await Promise.all(['hello.yaml', 'http.yaml', 'batch.yaml'].map(load));
    for (const stack of [hello, http, batch]) {
      expect(stack?.accessKeys).toMatchObject([{ name: 'local', secret: 'local-secret' }]);
    }
    expect(hello?.functions).toMatchObject([
      {
        containerId: '65a000000000000000000101',
        identifier: 'hello',
        pool: { instances: 2, maxPoolSize: 4, maxRuntimeMs: 600_000 },
        environment: { NAME: 'world' },
      },
    ]);
    expect(http?.functions).toMatchObject([
      {
        network: { public: 'enable', ports: [{ external: 80, internal: 8080 }] },
        pool: { maxShardConcurrency: 4 },
        resources: { cpus: 0.5, memoryBytes: 64 * 1024 ** 2 },
      },
    ]);
    expect(batch?.functions).toMatchObject([
      {
        command: { path: 'sh', args: ['/sum.sh', '--label', 'the sum is'] },
        environment: { UNIT: 'points', NUMBERS: '1 2 3' },
        readOnlyRoot: true,
      },
    ]);
    expect(batch?.otherContainers).toEqual([{ identifier: 'database', containerId: '65a000000000000000000302' }]);
  });
});

describe('docs/fixtures.md', async () => {
  const text = await readFile(join(root, 'docs/fixtures.md'), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example = '']) => example);

  const templates = examples.filter((example) => example.includes('{{'));

  it.each(templates)('is right about %.60j with the values it goes on to give', (example) => {
    const values = [...text.matchAll(/--var ([a-z]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
    const given = Object.fromEntries(values.filter(([name]) => example.includes(`{{${name}}}`)));
    const variables = toVariables({ variables: given, environment: { CYCLE_STACK_VAR_DB_PASSWORD: 'secret' } });
    expect(parseStack(example, { source: 'example', root: '/', variables }).functions).toMatchObject([
      { image: { reference: 'busybox:1.37' }, pool: { instances: 2 }, environment: { PASSWORD: 'secret' } },
    ]);
  });

  it.each(examples.filter((example) => !templates.includes(example)))('is right about %.60j', (example) => {
    // An example shows the sections it is about; the smallest stack says the rest.
    const stack = { ...smallest, ...parse(example) };
    expect(parseStack(stack, { source: 'example', root: '/' }).warnings).toEqual([]);
  });

  it('names every file among the fixtures', () => {
    for (const file of files) expect(text).toContain(file);
  });
});
