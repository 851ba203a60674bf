import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import SwaggerParser from '@apidevtools/swagger-parser';
import { describe, expect, test } from 'vitest';
import { applyDifferences, type Difference, differences } from '../../test/support/openapi/differences.ts';
import { byOperationId, type Operation, structureOf } from '../../test/support/openapi/structure.ts';
import { packageRoot } from '../shared/package.ts';
import type { JsonObject } from './load.ts';
import { readApiDescription, readSchedulerApi } from './load.ts';

type Skeleton = { readonly servers: readonly string[]; readonly operations: readonly Operation[] };

const skeleton: Skeleton = JSON.parse(
  await readFile(join(import.meta.dirname, '../../test/support/openapi/scheduler-api.skeleton.json'), 'utf8'),
);
const description = readSchedulerApi();
const resolved = (await SwaggerParser.dereference(JSON.parse(JSON.stringify(description)))) as unknown as JsonObject;

const ours = structureOf(resolved).toSorted(byOperationId);
const publicOnes = (chosen: readonly Difference[]) =>
  skeleton.operations
    .toSorted(byOperationId)
    .map((operation) => applyDifferences(operation, chosen, [operation.operationId]));

describe.each(['openapi.yaml', 'docs/control-api.yaml'])('%s', (file) => {
  const path = join(packageRoot, file);

  test("keeps OpenAPI's own rules", async () => {
    expect(await SwaggerParser.validate(path)).toMatchObject({ openapi: '3.1.0' });
  });

  test('refers to nothing but itself, so that one file is all there is to read', () => {
    const references = JSON.stringify(readApiDescription(path)).matchAll(/"\$ref":"([^"]*)"/g);
    expect([...references].filter(([, target]) => !target?.startsWith('#/'))).toEqual([]);
  });
});

describe('openapi.yaml', () => {
  test('has the structure of the public description, but for the differences it names', () => {
    expect(ours).toEqual(publicOnes(differences));
  });

  test.each(differences)('needs difference $name: $why', ({ name }) => {
    expect(ours).not.toEqual(publicOnes(differences.filter((difference) => difference.name !== name)));
  });

  test.each(differences)('says at its top and at the place where it differs: $name', async ({ name }) => {
    const [head, body] = (await readFile(join(import.meta.dirname, '../../openapi.yaml'), 'utf8')).split('\ninfo:');
    expect(head).toMatch(new RegExp(`^# {3}${name} `, 'm'));
    expect(body).toMatch(new RegExp(`# ${name}: `));
  });

  test('is version 3.1 of OpenAPI, has the public server, licence and contact', () => {
    expect(description.openapi).toBe('3.1.0');
    expect(resolved['servers']).toMatchObject(skeleton.servers.map((url) => ({ url })));
    expect(description.info).toMatchObject({ license: { name: 'Apache-2.0' }, contact: { email: 'support@cycle.io' } });
  });

  test('is frozen, so that no reader changes it for another', () => {
    expect(Object.isFrozen(description.components.schemas['Instance']?.['properties'])).toBe(true);
  });

  test('has a table of codes, each with the status it begins with', () => {
    const rows = [...String(description.info['description']).matchAll(/^\| (\d{3}) \| `([\w.-]+)` \|/gm)];
    expect(rows.length).toBeGreaterThan(0);
    for (const [, status, code] of rows) {
      expect(code?.startsWith(`${status}.`), code).toBe(true);
      expect(description.components.schemas['ErrorCode']?.['enum']).toContain(code);
    }
  });
});
