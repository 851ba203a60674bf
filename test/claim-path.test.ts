import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';

/** Files in which a named function runs. Fewer are better: lower the bound with each one that goes. */
const bounds = { start: 58, claim: 23, spawn: 33, release: 32, case: 12 } as const;

const program = fileURLToPath(new URL('support/measure-paths.ts', import.meta.url));
let paths: Readonly<Record<string, readonly string[]>> = {};

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program], { maxBuffer: 2 ** 24 });
  paths = JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1));
});

test.each(Object.entries(bounds))('the path of a %s runs through at most %i files', (name, most) => {
  const files = paths[name] ?? [];
  expect(files).toContain(name === 'case' ? 'contract-tests/kit/run-case.ts' : 'src/engine/engine.ts');
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(most);
});
