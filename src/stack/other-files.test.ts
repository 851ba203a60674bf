import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSample, problemsOf } from '../../test/support/stack/sample.ts';
import { composeFields } from './compose-fields.ts';
import { parseStack } from './load-stack.ts';

const problems = (text: string) => problemsOf(() => parseStack(text, { source: 'file.yaml', root: '/' }));

describe('a file that is no stack', () => {
  it.each([
    ['services:\n  web:\n    image: nginx\n', 'this is a Compose file'],
    ['version: "3.9"\nservices:\n  web:\n    build: .\nvolumes: {}\n', 'this is a Compose file'],
    ['name: x\nservices: { a: {}, b: { image: busybox, command: [a] } }', 'this is a Compose file'],
    ['apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n', 'this is a Kubernetes manifest'],
  ])('is named for what it is, with no further problem: %j', (text, name) => {
    expect(problems(text)).toEqual([
      expect.stringMatching(
        new RegExp(`^file\\.yaml:1:1: ${name}, expected a Cycle stack with version and containers: docs/`),
      ),
    ]);
  });

  it('is not what a stack with services is, even one whose containers are missing', () => {
    expect(problems('version: "1.0"\nservices: { scheduler: { config: { public: false } } }')).toEqual([
      'file.yaml:1:1 containers: missing, expected an object of containers by identifier',
    ]);
  });
});

describe('a Compose service among the containers', () => {
  const service = {
    image: 'nginx',
    build: '.',
    environment: { A: '1' },
    env_file: '.env',
    entrypoint: ['x'],
    deploy: { replicas: 2 },
    volumes: ['./a:/b'],
  };

  it('has a warning for each of its fields', () => {
    const warned = parseSample({ 'containers.web': service }).warnings.map((line) => line.slice(0, line.indexOf(': ')));
    for (const name of Object.keys(service)) expect(warned).toContain(`containers.web.${name}`);
  });

  it('shows where each field goes', () => {
    for (const [name, advice] of Object.entries(composeFields)) {
      expect(parseSample({ [`containers.job.${name}`]: 'x' }).warnings).toEqual([
        `containers.job.${name}: ignored: ${advice}`,
      ]);
    }
  });
});

it('docs/from-compose.md has every field of a Compose service that a container does not have', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/from-compose.md'), 'utf8');
  for (const name of Object.keys(composeFields)) expect(text).toContain(`\`${name}\``);
});
